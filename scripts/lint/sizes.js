/** What a user's bundler makes of the library, minified and gzipped, held to the limits of `.size-limit.json`. */
import { runNode, toolFile } from '../command.js';

const KIB = 1024;

/** A finding for each bundle above its limit; `count` is how many were weighed. */
export function sizeFindings() {
  const { ok, output } = runNode(toolFile('size-limit'), ['--json', '--silent']);
  const bundles = bundlesOf(output);
  if (bundles.length === 0) return { count: 0, findings: [output] };
  const findings = bundles.filter(bundle => !bundle.passed).map(findingOf);
  return { count: bundles.length, findings: ok || findings.length > 0 ? findings : [output] };
}

/** esbuild's warnings, on the other stream, may stand after the report. */
function bundlesOf(output) {
  try {
    return JSON.parse(output.slice(output.indexOf('['), output.lastIndexOf('\n]') + 2));
  } catch {
    return [];
  }
}

function findingOf({ name, size, sizeLimit }) {
  return `${name}: ${inKib(size)} KiB gzipped, and ${inKib(sizeLimit)} KiB is the limit`;
}

const inKib = bytes => (bytes / KIB).toFixed(2);
