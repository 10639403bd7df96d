/** Refreshes: proves the token, begins, asks for the claims, and takes the atomic step: cuts first, then consume. */
import { refuseUnknown, SessionError, TokenClaimError } from '../errors.ts';
import { keyScope } from '../revocation/index.ts';
import { type Session, type SessionRow, sessionOf } from '../sessions/index.ts';
import type { Refreshed, RefreshStep, Refused, Store } from '../store.ts';
import type { DpopRequest } from '../verifier/index.ts';
import { mintAccessToken, ownClaims } from './access-token.ts';
import { atOnce, beginningAgain, type Context, isRefused, refusedError, stepFor } from './context.ts';
import { emitEnded, ofSession } from './event.ts';
import { countersignLater } from './healing.ts';
import { pairOf, type TokenPair } from './issuer.ts';
import { parseRefreshToken } from './refresh-token.ts';
import type { RootKeys } from './root.ts';
import { type Binding, bindingOf } from './sender-proof.ts';

/** Looks the claims up again. What it throws is thrown, and nothing is consumed. */
export type ClaimsOf = (session: Session) => Promise<Readonly<Record<string, unknown>>>;

export interface RefreshOptions {
  /** The client that presents it, already authenticated. */
  readonly client?: string;
  /**
   * Claims of the session are kept; a function's replace them. A plain object is added to this answer alone and is for
   * claims that no revocation depends on, for it was made before the step began.
   */
  readonly claims?: Readonly<Record<string, unknown>> | ClaimsOf;
  /** The DPoP proof that came with the request (RFC 9449). A bound session needs one, of the key that it is bound to. */
  readonly dpop?: DpopRequest | undefined;
  /** `access`: a proof binds the access token, also of a session that is bound to no key. @default 'session' */
  readonly bind?: Binding;
}

export async function refresh(
  context: Context,
  token: string,
  options: RefreshOptions = {},
): Promise<TokenPair> {
  refuseUnknown(options, ['client', 'claims', 'dpop', 'bind'], 'refresh');
  const bind = bindingOf(options.bind);
  const added = typeof options.claims === 'function' ? {} : ownClaims(options.claims);
  const proved = await provedSession(context, token);
  const { session } = proved;
  if (session.client !== (options.client ?? '')) throw new TokenClaimError('client_id', 'mismatch');
  const sender = await context.senderProofs.proveFor(session, options.dpop, bind);
  const reply = await stepFor(sender, () => step(context, proved, options.claims));
  if (isRefused(reply)) throw await refusal(context, session, reply);
  return answer(context, reply, added, sender.jkt);
}

/** What a refresh token stands for, once a root secret has proved it. */
export interface Proved {
  readonly session: SessionRow;
  readonly generation: number;
  readonly root: RootKeys;
}

/** Nothing is changed by a token that nothing proves. */
export async function provedSession(context: Context, token: string): Promise<Proved> {
  const parsed = parseRefreshToken(token);
  const session = await context.store.session(parsed.session);
  if (session === undefined) throw new SessionError('ERR_SESSION_NOT_FOUND', 'There is no such session.');
  const root = parsed.prove(session, context);
  return { session, generation: parsed.generation, root };
}

function step(
  context: Context,
  { session, generation, root }: Proved,
  claims: RefreshOptions['claims'],
): Promise<Refreshed | Refused> {
  const { store, settings } = context;
  return beginningAgain(context, async () => {
    const looked = await look(store, session, claims);
    if (isRefused(looked)) return looked;
    return atOnce(context, caller =>
      store.refresh({
        session: session.id,
        generation,
        seen: session,
        provedBy: keyScope(root.name),
        caller,
        lives: settings.lives,
        ...looked,
      }),
    );
  });
}

/** Begins before it looks; where there is nothing to look at, the step is the beginning. */
async function look(
  store: Store,
  session: SessionRow,
  claims: RefreshOptions['claims'],
): Promise<Pick<RefreshStep, 'begun' | 'claims'> | Refused> {
  if (typeof claims !== 'function') return {};
  const begun = await store.begin();
  if (isRefused(begun)) return begun;
  const fresh = await claims(sessionOf(session));
  return { begun, claims: ownClaims(fresh) };
}

async function refusal(context: Context, session: SessionRow, refused: Refused): Promise<Error> {
  const { wrote } = refused;
  if (wrote !== undefined) {
    context.replica.apply(wrote);
    await countersignLater(context, wrote);
  }
  if (refused.refused === 'reused') context.emit({ type: 'refresh.reuse', ...ofSession(session) });
  if (wrote !== undefined) emitEnded(context.emit, wrote, 'reuse', session.subject);
  return refusedError(refused);
}

const EVENTS = {
  rotated: 'refresh.rotated',
  recovered: 'refresh.late_recovery',
  amnesia: 'store.amnesia',
} as const;

async function answer(
  context: Context,
  refreshed: Refreshed,
  added: Readonly<Record<string, unknown>>,
  jkt: string | undefined,
): Promise<TokenPair> {
  const { now, stamp, session, verdict } = refreshed;
  const minted = await mintAccessToken(context, {
    ...session,
    claims: { ...session.claims, ...added },
    jkt,
    now,
    stamp,
    session,
  });
  if (verdict in EVENTS)
    context.emit({ type: EVENTS[verdict as keyof typeof EVENTS], ...ofSession(session) });
  return pairOf(context, minted, session, now);
}
