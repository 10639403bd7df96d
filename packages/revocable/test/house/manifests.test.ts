import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');
const manifest = (path: string): Manifest => JSON.parse(read(path));

const library = manifest('packages/revocable/package.json');
const service = manifest('packages/service/package.json');

describe('the package manifests', () => {
  it('give the library no runtime dependency, and no peer that must be there', () => {
    expect(library.dependencies).toBeUndefined();
    const peers = Object.keys(library.peerDependencies ?? {});
    expect(peers.filter(peer => library.peerDependenciesMeta?.[peer]?.optional !== true)).toEqual([]);
  });

  it('give both packages one version, and the service exactly that library', () => {
    expect(service.version).toBe(library.version);
    expect(service.dependencies?.revocable).toBe(library.version);
  });

  it.each(['package.json', 'packages/revocable/package.json', 'packages/service/package.json'])(
    '%s asks for the same Node and names the licence',
    path => {
      expect(manifest(path).engines.node).toBe('>=20.19');
      expect(manifest(path).license).toBe('Apache-2.0');
    },
  );

  it.each(['revocable', 'service'])('packages/%s carries the licence', name => {
    expect(read(`packages/${name}/LICENSE`)).toBe(read('LICENSE'));
  });

  it('say in the changelog what this version brings', () => {
    expect(read('CHANGELOG.md')).toContain(`## [${library.version}]`);
  });
});
