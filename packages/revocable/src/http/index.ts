/** What every HTTP surface shares: bearer tokens, challenges, cookies, the rule against forged requests, the guard. */
export * from './bearer.ts';
export * from './challenge.ts';
export * from './cookies.ts';
export type { DpopGuardOptions } from './dpop.ts';
export * from './guard.ts';
export type { GuardRequest } from './request.ts';
export * from './same-origin.ts';
export * from './scope.ts';
export * from './wire.ts';
