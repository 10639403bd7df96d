/** The route table: one row an endpoint. */
import type { Call } from './call.ts';
import * as account from './endpoints/account.ts';
import { listAudit } from './endpoints/admin-audit.ts';
import { adminRevocations } from './endpoints/admin-revocations.ts';
import { listKeys, listVerifiers, rotateKeys } from './endpoints/admin-standing.ts';
import { addUser, listUsers, patchUser, showUser } from './endpoints/admin-users.ts';
import * as assets from './endpoints/assets.ts';
import { authorize, decideAuthorization } from './endpoints/authorize.ts';
import { makeUser, showOverview, showUsers } from './endpoints/console.ts';
import * as user from './endpoints/console-user.ts';
import { introspect } from './endpoints/introspect.ts';
import { login, showLogin } from './endpoints/login.ts';
import { logout, showLogout } from './endpoints/logout.ts';
import { refresh } from './endpoints/refresh.ts';
import { feed, probe } from './endpoints/revocations.ts';
import { revoke } from './endpoints/revoke.ts';
import { endOtherSessions, endSession, listSessions } from './endpoints/sessions.ts';
import { token } from './endpoints/token.ts';
import { jwks, metadata } from './endpoints/well-known.ts';
import type { Parts } from './parts.ts';

export type Endpoint = (call: Call, parts: Parts) => Promise<Response>;

/** Which pages may read the answers: any; those of registered origins, without or with the cookie; ours alone. */
export type Readers = 'any' | 'registered' | 'with-cookie' | 'own';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly readers: Readers;
  /** A cookie may authorize it, so forged requests are refused; `registered` origins may send it too. */
  readonly forgeable?: 'own' | 'registered';
  /** What goes wrong is told on a page. */
  readonly isPage?: true;
}

const page = (path: string, endpoint: Endpoint): Route => ({
  method: 'GET',
  path,
  endpoint,
  readers: 'own',
  isPage: true,
});
const action = (path: string, endpoint: Endpoint): Route => ({
  method: 'POST',
  path,
  endpoint,
  readers: 'own',
  forgeable: 'own',
  isPage: true,
});
const api = (method: Route['method'], path: string, endpoint: Endpoint): Route => ({
  method,
  path: `/admin/api${path}`,
  endpoint,
  readers: 'own',
  forgeable: 'own',
});
const open = (path: string, endpoint: Endpoint, readers: Readers): Route => ({
  method: 'GET',
  path,
  endpoint,
  readers,
});
const oauth = (path: string, endpoint: Endpoint): Route => ({
  method: 'POST',
  path,
  endpoint,
  readers: 'registered',
});
const mine = (method: Route['method'], path: string, endpoint: Endpoint): Route => ({
  method,
  path,
  endpoint,
  readers: 'with-cookie',
  forgeable: 'registered',
});

export const ROUTES: readonly Route[] = [
  page('/login', showLogin),
  action('/login', login),
  page('/logout', showLogout),
  mine('POST', '/logout', logout),
  mine('POST', '/refresh', refresh),
  mine('GET', '/sessions', listSessions),
  mine('DELETE', '/sessions/:id', endSession),
  mine('POST', '/sessions/end-others', endOtherSessions),

  page('/authorize', authorize),
  action('/authorize', decideAuthorization),
  oauth('/token', token),
  oauth('/revoke', revoke),
  oauth('/introspect', introspect),
  open('/revocations', feed, 'registered'),
  { method: 'POST', path: '/revocations', endpoint: probe, readers: 'registered' },
  open('/.well-known/jwks.json', jwks, 'any'),
  open('/.well-known/oauth-authorization-server', metadata, 'any'),
  open('/.well-known/openid-configuration', metadata, 'any'),

  api('POST', '/revocations', adminRevocations),
  api('GET', '/users', listUsers),
  api('POST', '/users', addUser),
  api('GET', '/users/:subject', showUser),
  api('PATCH', '/users/:subject', patchUser),
  api('GET', '/verifiers', listVerifiers),
  api('GET', '/keys', listKeys),
  api('POST', '/keys/rotate', rotateKeys),
  api('GET', '/audit', listAudit),

  page('/account', account.showAccount),
  action('/account/end', account.endDevice),
  page('/account/end-others', account.askEndOthers),
  action('/account/end-others', account.endOtherDevices),
  action('/account/password', account.changePassword),
  page('/admin', showOverview),
  page('/admin/users', showUsers),
  action('/admin/users', makeUser),
  page('/admin/users/:subject', user.showUserPage),
  page('/admin/users/:subject/take-back', user.askTakeBack),
  action('/admin/users/:subject/take-back', user.takeBackUser),
  page('/admin/users/:subject/end', user.askEnd),
  action('/admin/users/:subject/end', user.endUserSession),
  page('/admin/users/:subject/disable', user.askDisable),
  action('/admin/users/:subject/disable', user.disableUser),
  action('/admin/users/:subject/enable', user.enableUser),
  open('/assets/style.css', assets.style, 'own'),
  open('/assets/page.js', assets.script, 'own'),
  open('/favicon.svg', assets.icon, 'own'),
];
