/**
 * Cruises the sources and holds them to the import rules. dependency-cruiser reads TypeScript through a `typescript`
 * below 7; without one it cruises nothing and reports success, so fewer modules than files is a failure.
 */
import { cruise } from 'dependency-cruiser';
import { sourceFiles } from '../source-files.js';
import config from './cruiser-rules.js';

/** The findings in `root`, one line each; none when the house is in order. */
export async function importFindings(root) {
  const files = sourceFiles(root);
  const options = {
    ...config.options,
    baseDir: root,
    ruleSet: { forbidden: config.forbidden },
    validate: true,
  };
  const { output } = await cruise(files, options);
  const seen = new Set(output.modules.map(module => module.source));
  const unseen = files.filter(file => !seen.has(file));
  const blind =
    unseen.length === 0 ? [] : [`${unseen.length} of ${files.length} files were not cruised: ${unseen[0]} …`];
  return { count: files.length, findings: [...blind, ...output.summary.violations.map(violationLine)] };
}

function violationLine({ rule, from, to, cycle, via }) {
  const way = (cycle ?? via ?? []).map(step => step.name).filter(name => name !== to);
  return `${rule.name}: ${[from, ...way, to].join(' -> ')}`;
}
