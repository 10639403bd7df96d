/** The rules of scripts/import-rules.js in dependency-cruiser's words. */
import { builtinModules } from 'node:module';
import { loadsPackages, namesFrameworks, pure, rooms, sideDoors, unreachable } from '../import-rules.js';

const SRC = '^packages/revocable/src/';
const SERVICE = '^packages/service/src/';
/** dependency-cruiser drops the prefix: `node:fs` is `fs` here. */
const NODE = `^(?:${[...builtinModules, 'sqlite', 'test'].join('|')})$`;
const PACKAGES = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

const literal = text => text.replaceAll('.', '\\.');
const insideOf = names => `${SRC}(?:${names.join('|')})(?:/|\\.ts$)`;
const filesOf = names => names.map(name => `${SRC}${literal(name)}$`);

function mayImport([room, allowed]) {
  const names = allowed.map(entry => entry.room ?? entry);
  const doors = sideDoors.filter(door => door.from === room).map(door => door.file);
  const open = [insideOf([room, ...names]), ...filesOf(doors)];
  return {
    name: `${room} imports ${names.join(', ') || 'nothing'}`,
    severity: 'error',
    from: { path: insideOf([room]) },
    to: { path: SRC, pathNot: open },
  };
}

function typesOnly([room, allowed]) {
  const names = allowed.filter(entry => entry.typesOnly).map(entry => entry.room);
  if (names.length === 0) return [];
  return {
    name: `${room} takes only types from ${names.join(', ')}`,
    severity: 'error',
    from: { path: insideOf([room]) },
    to: { path: insideOf(names), dependencyTypesNot: ['type-only'] },
  };
}

const rows = Object.entries(rooms);

const wholeHouse = [
  { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
  { name: 'every import leads somewhere', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'a room is entered by its index.ts',
    severity: 'error',
    from: { path: `${SRC}([^/]+)(?:/|$)` },
    to: {
      path: `${SRC}[^/]+/`,
      pathNot: [`${SRC}$1/`, `${SRC}[^/]+/index\\.ts$`, ...filesOf(sideDoors.map(door => door.file))],
    },
  },
  {
    name: 'http/wire takes only types',
    severity: 'error',
    from: { path: `${SRC}http/wire\\.ts$` },
    to: { dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'http/wire knows errors alone',
    severity: 'error',
    from: { path: `${SRC}http/wire\\.ts$` },
    to: { pathNot: `${SRC}errors\\.ts$` },
  },
];

const reach = [
  {
    name: `${unreachable.from.join(', ')} never reach ${unreachable.to.join(', ')}`,
    severity: 'error',
    from: { path: insideOf(unreachable.from) },
    to: { path: insideOf(unreachable.to), reachable: true },
  },
  {
    name: 'no node: module is reachable from browser/',
    severity: 'error',
    from: { path: `${SRC}browser/` },
    to: { path: NODE, reachable: true },
  },
  {
    name: `no input or output in ${pure.rooms.join(', ')}`,
    severity: 'error',
    from: { path: insideOf(pure.rooms) },
    to: { path: NODE, pathNot: `^(?:${pure.modules.join('|')})$` },
  },
];

const packages = [
  {
    name: 'the library loads no package',
    severity: 'error',
    from: { path: SRC, pathNot: [insideOf(namesFrameworks), ...filesOf(loadsPackages)] },
    to: { dependencyTypes: PACKAGES },
  },
  {
    name: 'adapters name frameworks as types only',
    severity: 'error',
    from: { path: insideOf(namesFrameworks), pathNot: filesOf(loadsPackages) },
    to: { dependencyTypes: PACKAGES, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'the service uses public exports of the library only',
    severity: 'error',
    from: { path: SERVICE },
    to: { path: '^packages/revocable/', dependencyTypes: ['local', 'localmodule'] },
  },
  {
    name: 'the library does not know the service',
    severity: 'error',
    from: { path: SRC },
    to: { path: '^packages/(?!revocable/)' },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [...rows.map(mayImport), ...rows.flatMap(typesOnly), ...wholeHouse, ...reach, ...packages],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^packages/[^/]+/dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      mainFields: ['types', 'main'],
    },
  },
};
