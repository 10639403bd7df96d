/** The names of all keys. What a step touches together lies in one hash slot, so that the layout holds in a Redis Cluster too. */

/** All cut state of the issuer: one slot. The first seven are all that followers need. */
export const FOLLOWED: readonly string[] = [
  'revocable:{cuts}:ledger',
  'revocable:{cuts}:entries',
  'revocable:{cuts}:log',
  'revocable:{cuts}:profile',
  'revocable:{cuts}:replicas',
  'revocable:{cuts}:reports',
  'revocable:{cuts}:giveback',
];
export const CUT_STATE: readonly string[] = [
  ...FOLLOWED,
  'revocable:{cuts}:stamps',
  'revocable:{cuts}:entry-ends',
  'revocable:{cuts}:stamp-ends',
  'revocable:{cuts}:keys',
  'revocable:{cuts}:unproved',
];

export const ENTRIES = 'revocable:{cuts}:entries';
export const LOG = 'revocable:{cuts}:log';
export const REPORTS = 'revocable:{cuts}:reports';
/** Entries that followers give back: a stream that they write and authorities read. */
export const GIVE_BACK = 'revocable:{cuts}:giveback';
export const SIGNING_KEYS = 'revocable:{cuts}:keys';

/** Scopes whose cuts have no MAC yet. */
export const UNPROVED = 'revocable:{cuts}:unproved';

/** Session -> the scope of its user. */
export const SESSION_USERS = 'revocable:{sessions}:users';
/** Sessions by the time at which to see whether they are over. */
export const SESSION_ENDS = 'revocable:{sessions}:ends';
export const childrenKey = (parent: string): string => `revocable:{sessions}:children:${parent}`;

/** The sessions of one user, in the user's own slot; `user` is the scope. */
export const userKey = (user: string): string => `revocable:{${user}}`;
export const USER_KEYS = 'revocable:{u:*';

export const COLLECTIONS = 'revocable:collections';
export const collectionKeys = (name: string): readonly string[] => [
  `revocable:{r:${name}}:values`,
  `revocable:{r:${name}}:names`,
  `revocable:{r:${name}}:ends`,
];

export const AUDIT = 'revocable:audit';
