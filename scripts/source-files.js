/** The TypeScript sources of the packages, as paths from the repository's root. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** All `packages/<name>/src/**\/*.ts` under `root`, sorted. */
export function sourceFiles(root) {
  const packages = readdirSync(join(root, 'packages')).map(name => join(root, 'packages', name, 'src'));
  return packages
    .filter(folder => existsSync(folder))
    .flatMap(folder => readdirSync(folder, { recursive: true }).map(file => join(folder, file)))
    .filter(file => file.endsWith('.ts'))
    .map(file => relative(root, file).split(sep).join('/'))
    .sort();
}
