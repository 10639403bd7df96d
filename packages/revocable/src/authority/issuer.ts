/** Issues: a session and its first tokens, or an access token alone. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import { randomId } from '../random.ts';
import { identifier } from '../revocation/index.ts';
import { endOf, ROTATION_POLICIES, type RotationPolicy, type SessionRow } from '../sessions/index.ts';
import type { Beginning, Issued, NewSession, Refused } from '../store.ts';
import type { DpopRequest } from '../verifier/index.ts';
import { type MintedAccessToken, mintAccessToken, ownClaims } from './access-token.ts';
import { atOnce, beginningAgain, type Context, isRefused, refusedError, stepFor } from './context.ts';
import { emitEnded } from './event.ts';
import { countersignLater } from './healing.ts';
import { audienceOf } from './options.ts';
import { makeRefreshToken } from './refresh-token.ts';
import { type Binding, bindingOf } from './sender-proof.ts';

export interface IssueOptions {
  readonly subject: string;
  /** From `begin()`, called before the facts were read. Without it none were: the authority begins itself. */
  readonly begun?: Beginning;
  /** The session that this one is a child of: it ends with it. */
  readonly parent?: string;
  readonly tenant?: string;
  readonly client?: string;
  readonly audience?: string | readonly string[];
  readonly scope?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly device?: string;
  readonly address?: string;
  /** `false`: no session, an access token alone. A policy: how this session's tokens rotate. */
  readonly refresh?: false | RotationPolicy;
  /** The DPoP proof that came with the request (RFC 9449): what is issued is bound to its key. */
  readonly dpop?: DpopRequest | undefined;
  /**
   * What a proof binds: the whole session, so that each refresh needs a proof of the same key; or access tokens alone,
   * for clients that authenticate (RFC 9449 section 5). @default 'session'
   */
  readonly bind?: Binding;
}

export type AccessToken = MintedAccessToken;

export interface TokenPair extends AccessToken {
  readonly refreshToken: string;
  /** Seconds until it ends unless it is used. */
  readonly refreshExpiresIn: number;
  /** Seconds until its session ends, however it is used: then one has to log in again. */
  readonly sessionExpiresIn: number;
  readonly sessionId: string;
}

const OPTIONS = [
  'subject',
  'begun',
  'parent',
  'tenant',
  'client',
  'audience',
  'scope',
  'claims',
  'device',
  'address',
  'refresh',
  'dpop',
  'bind',
];
/** Texts that a request brings are cut to this length; they name a device, no more. */
const LONGEST_LABEL = 256;

export async function issue(context: Context, options: IssueOptions): Promise<TokenPair | AccessToken> {
  refuseUnknown(options, OPTIONS, 'issue');
  const bind = bindingOf(options.bind);
  const parent = await parentOf(context, options.parent);
  const asked = wantedOf(context, options, parent);
  const sender = await context.senderProofs.prove(options.dpop);
  const wanted = bind === 'session' ? boundTo(sender.jkt, asked) : asked;
  const reply = await stepFor(sender, () => step(context, options.begun, wanted));
  if (isRefused(reply)) throw refusedError(reply);
  return answer(context, wanted, reply, sender.jkt);
}

/** What is asked for, checked. */
interface Wanted {
  readonly tenant: string;
  readonly subject: string;
  readonly client: string;
  readonly audience: readonly string[];
  readonly scope: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly session?: NewSession;
}

/** A child has no children: its own hang on the login session, so that they end with it. The empty text is none. */
async function parentOf(context: Context, parent: string | undefined): Promise<string> {
  if (parent === undefined) return '';
  const row = await context.store.session(identifier(parent, 'parent'));
  return row?.parent || parent;
}

function wantedOf(context: Context, options: IssueOptions, parent: string): Wanted {
  const grant = {
    tenant: options.tenant ? identifier(options.tenant, 'tenant') : '',
    subject: identifier(options.subject, 'subject'),
    client: options.client === undefined ? '' : identifier(options.client, 'client'),
    audience: options.audience === undefined ? context.settings.audience : audienceOf(options.audience),
    scope: options.scope ?? '',
    claims: ownClaims(options.claims),
  };
  if (options.refresh !== false) return { ...grant, session: newSession(context, options, grant, parent) };
  if (options.parent !== undefined)
    throw new ConfigError('"parent" needs a session: leave "refresh: false" out.');
  return grant;
}

function newSession(
  context: Context,
  options: IssueOptions,
  grant: Omit<Wanted, 'session'>,
  parent: string,
): NewSession {
  const { settings, random } = context;
  const policy = options.refresh === false ? undefined : (options.refresh ?? settings.policy);
  if (policy === undefined || !ROTATION_POLICIES.includes(policy))
    throw new ConfigError(`"refresh" is false or one of: ${ROTATION_POLICIES.join(', ')}.`);
  return {
    ...grant,
    id: randomId(random),
    salt: randomId(random),
    device: (options.device ?? '').slice(0, LONGEST_LABEL),
    address: (options.address ?? '').slice(0, LONGEST_LABEL),
    parent,
    idleMs: settings.idleMs,
    graceMs: settings.graceMs,
    policy,
    lifeMs: settings.refreshMs,
  };
}

const boundTo = (jkt: string | undefined, { session, ...grant }: Wanted): Wanted =>
  session === undefined ? grant : { ...grant, session: jkt === undefined ? session : { ...session, jkt } };

/** Facts that the caller read are the caller's to read again; without any, beginning again is ours. */
async function step(
  context: Context,
  begun: Beginning | undefined,
  wanted: Wanted,
): Promise<Issued | Refused> {
  const { store, settings } = context;
  const once = async (): Promise<Issued | Refused> => {
    const beginning = begun ?? (await store.begin());
    if (isRefused(beginning)) return beginning;
    return atOnce(context, caller =>
      store.issue({ ...wanted, begun: beginning, caller, lives: settings.lives }),
    );
  };
  return begun === undefined ? beginningAgain(context, once) : once();
}

async function answer(
  context: Context,
  wanted: Wanted,
  issued: Issued,
  jkt: string | undefined,
): Promise<TokenPair | AccessToken> {
  const { now, stamp, login, session } = issued;
  if (issued.wrote !== undefined) {
    context.replica.apply(issued.wrote);
    await countersignLater(context, issued.wrote);
    emitEnded(context.emit, issued.wrote, 'limit', wanted.subject);
  }
  const { session: _, ...grant } = wanted;
  const minted = await mintAccessToken(context, {
    ...grant,
    jkt,
    now,
    stamp,
    login,
    ...(session && { session }),
  });
  if (session === undefined) return minted;
  return pairOf(context, minted, session, now);
}

/** The answer of a session, to its login or to a refresh. */
export function pairOf(context: Context, minted: AccessToken, session: SessionRow, now: number): TokenPair {
  const secondsUntil = (end: number): number => Math.floor((end - now) / 1000);
  return {
    ...minted,
    refreshToken: makeRefreshToken(session, context),
    refreshExpiresIn: secondsUntil(endOf(session)),
    sessionExpiresIn: secondsUntil(session.expires),
    sessionId: session.id,
  };
}
