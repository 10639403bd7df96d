/**
 * Who may import whom, types included. One row a room: the rooms it may import; `types(…)` where only types may
 * cross. A room is a folder of `packages/revocable/src`, entered by its `index.ts`, or a file there.
 * A test compares these rows with the folders; `npm run lint` holds the code to them.
 */
const types = room => ({ room, typesOnly: true });
const GROUND = ['errors', 'time', 'random'];

export const rooms = {
  errors: [],
  time: ['errors'],
  random: ['errors'],
  jose: GROUND,
  revocation: GROUND,
  sessions: GROUND,
  keys: [...GROUND, 'jose'],
  records: [],
  store: [...GROUND, types('keys'), types('revocation'), types('sessions'), types('records')],
  verifier: [...GROUND, 'jose', 'revocation'],
  authority: [...GROUND, 'jose', 'keys', 'revocation', 'sessions', 'store', 'verifier'],
  stores: [...GROUND, 'keys', 'revocation', 'sessions', 'records', 'store'],
  http: ['errors', types('verifier')],
  adapters: ['errors', 'http'],
  compat: [...GROUND, 'jose'],
  browser: [],
  cli: ['index', 'jose'],
  index: [...GROUND, 'jose', 'keys', 'revocation', 'records', 'store', 'verifier', 'authority', 'stores'],
};

/** Single files that may be entered past a room's `index.ts`. */
export const sideDoors = [
  { from: 'browser', file: 'http/wire.ts' }, // the page must not load the whole room
  { from: 'index', file: 'keys/public.ts' }, // what of keys is public is said once
];

/** Rooms that must reach nothing of these, by any path: who verifies holds no way to sign or to revoke. */
export const unreachable = {
  from: ['verifier', 'http', 'adapters', 'browser', 'compat'],
  to: ['authority', 'sessions', 'stores'],
};

/** Rooms without input or output: of Node they may know only these modules. */
export const pure = {
  rooms: ['jose', 'revocation', 'sessions', 'verifier', 'authority'],
  modules: ['crypto', 'buffer', 'util', 'util/types', 'os'], // of os the number of cores
};

/** Files that may load a package at run time. Others name a framework as types only. */
export const loadsPackages = ['adapters/nest.ts'];
/** Rooms whose files may name a framework's types. */
export const namesFrameworks = ['adapters'];
