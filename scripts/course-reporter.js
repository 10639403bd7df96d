/** A reporter of vitest that notes which files have begun and which have ended, so that a run that hangs can say where. */
import { appendFileSync } from 'node:fs';
import { env } from 'node:process';

export default class CourseReporter {
  onTestModuleQueued(file) {
    note('begins', file);
  }

  onTestModuleEnd(file) {
    note('ends', file);
  }
}

const note = (word, { relativeModuleId }) => appendFileSync(env.TEST_COURSE, `${word} ${relativeModuleId}\n`);
