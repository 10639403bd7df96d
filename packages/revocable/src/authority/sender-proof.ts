/** The sender proof: DPoP at the token endpoint (RFC 9449 section 5). Each proof is good once, on all machines together. */
import { ConfigError, TokenClaimError } from '../errors.ts';
import { DELTA_MS } from '../revocation/index.ts';
import type { SessionRow } from '../sessions/index.ts';
import type { Store } from '../store.ts';
import type { Clock } from '../time.ts';
import {
  confirmHolder,
  createDpopJudge,
  type DpopOptions,
  type DpopRequest,
  type DpopTerms,
  foreignKey,
  type JudgedDpop,
  replayed,
  unproved,
} from '../verifier/index.ts';
import type { Settings } from './options.ts';
import type { Roots } from './root.ts';

/** What a proof binds: a session with all its tokens, or access tokens alone. */
export type Binding = 'session' | 'access';
const BINDINGS: readonly Binding[] = ['session', 'access'];

/** Whoever sent a request. */
export interface Sender {
  /** The thumbprint of their key; undefined where no proof came. */
  readonly jkt: string | undefined;
  /** Nothing has come of the request: its proof may be used after all. */
  giveBack(): Promise<void>;
}

export interface SenderProofs {
  readonly terms: DpopTerms;
  /** For a verifier beside this authority. */
  readonly options: DpopOptions;
  /**
   * The key of whoever sent the request. Nothing is written for a proof that does not hold.
   * @throws {TokenProofError} ERR_TOKEN_PROOF, ERR_TOKEN_NONCE
   */
  prove(dpop: DpopRequest | undefined): Promise<Sender>;
  /**
   * The same, of the key that the session is bound to.
   * @throws {TokenClaimError} ERR_TOKEN_CLAIM for `cnf`: no proof, another key, or a session that is bound to none
   */
  proveFor(session: SessionRow, dpop: DpopRequest | undefined, bind: Binding): Promise<Sender>;
  /** Whether the holder of an access token sent it: as a verifier judges, but on all machines together. */
  confirm(cnf: unknown, token: string, dpop: DpopRequest | undefined): Promise<void>;
}

const NOBODY: Sender = { jkt: undefined, giveBack: async () => {} };

/** Records that are kept until no clock would take the proof any more. */
const COLLECTION = 'dpop';

export function createSenderProofs(
  { dpop: { nonce, ...rules } }: Settings,
  roots: Roots,
  store: Store,
  clock: Clock,
): SenderProofs {
  const options = { ...rules, ...(nonce && { nonceSecret: roots.map(root => root.nonce) }) };
  const { terms, judge } = createDpopJudge(options, () => clock.wall());
  const remember = async ({ id, until, jkt }: JudgedDpop): Promise<Sender> => {
    const used = store.records(COLLECTION);
    const kept = { ifAbsent: true, until: until + DELTA_MS };
    if (!(await used.put(id, 1, kept))) throw replayed();
    return { jkt, giveBack: async () => void (await used.take(id).catch(() => undefined)) };
  };
  const prove: SenderProofs['prove'] = async dpop =>
    dpop?.proof === undefined ? NOBODY : remember(judge(dpop));
  return {
    terms,
    options,
    prove,
    async proveFor({ jkt }, dpop, bind) {
      if (jkt === undefined) {
        if (dpop?.proof !== undefined && bind === 'session') throw unbound();
        return prove(dpop);
      }
      if (dpop?.proof === undefined) throw unproved();
      const judged = judge(dpop);
      if (judged.jkt !== jkt) throw foreignKey();
      return remember(judged);
    },
    async confirm(cnf, token, dpop) {
      let judged: JudgedDpop | undefined;
      const keeping = (request: DpopRequest, accessToken?: string): JudgedDpop => {
        judged = judge(request, accessToken);
        return judged;
      };
      confirmHolder(cnf, token, dpop, { terms, judge: keeping });
      if (judged !== undefined) await remember(judged);
    },
  };
}

function unbound(): TokenClaimError {
  return new TokenClaimError(
    'cnf',
    'missing',
    'The session is bound to no key, and is not bound later: open a new one with a proof, or say { bind: "access" }.',
  );
}

/** @throws {ConfigError} ERR_CONFIG_INVALID */
export function bindingOf(bind: Binding | undefined): Binding {
  if (bind !== undefined && !BINDINGS.includes(bind))
    throw new ConfigError(`"bind" is one of: ${BINDINGS.join(', ')}.`);
  return bind ?? 'session';
}
