/** What happened to somebody, from the audit log, newest first. */
import type { AuditRow } from 'revocable';
import { type Html, html } from './html.ts';
import { exactTime } from './moment.ts';

export function history(rows: readonly AuditRow[], now: number): Html {
  const told = rows.filter(row => row.event !== 'revocation.applied');
  if (told.length === 0) return html`<p class="faint">Nothing yet.</p>`;
  return html`<ul class="history">${told.map(row => html`<li>${exactTime(row.at, now)} ${sentence(row)}</li>`)}</ul>`;
}

type Detail = Readonly<Record<string, unknown>>;
const PLANES: Readonly<Record<string, string>> = {
  access: 'access tokens',
  refresh: 'refresh tokens',
  session: 'both',
};

const SENTENCES: Readonly<Record<string, (detail: Detail) => string>> = {
  signed_in: detail => `sign-in ${text(detail.device)} ${text(detail.address)}`,
  session_ended: () => 'ended one of their own sessions',
  other_sessions_ended: detail => `signed out their other devices (${text(detail.ended)})`,
  signed_out: () => 'signed out',
  'refresh.reuse': () => 'two held one refresh token: the session has ended',
  'refresh.late_recovery': () => 'a reply was lost; its device came back later',
  'store.amnesia': () => 'the store had lost a refresh of this session',
  'session.ended': () => 'the longest idle session ended, for there were too many',
  signed_out_everywhere: () => 'signed out everywhere',
  password_changed: () => 'changed their password',
  user_created: detail => `account made by ${text(detail.by)}`,
  user_changed: detail => `account changed by ${text(detail.by)}${changes(detail)}`,
  revoked: detail => `${scope(detail)}, by ${text(detail.by)}${reason(detail)}`,
};

const sentence = ({ event, detail = {} }: AuditRow): string => SENTENCES[event]?.(detail) ?? event;

function scope({ target, plane }: Detail): string {
  const what = PLANES[String(plane)] ?? '';
  return typeof target === 'object' && target !== null && 'session' in target
    ? 'one device ended'
    : `${what} taken back`;
}

const reason = (detail: Detail): string =>
  typeof detail.reason === 'string' && detail.reason !== '' ? `, “${detail.reason}”` : '';

function changes({ disabled, roles, password }: Detail): string {
  const parts = [
    ...(disabled === true ? ['disabled'] : disabled === false ? ['enabled'] : []),
    ...(Array.isArray(roles) ? [`roles: ${roles.join(', ') || 'none'}`] : []),
    ...(password === undefined ? [] : ['password']),
  ];
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
