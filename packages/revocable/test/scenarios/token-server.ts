/** A server of the library's own authority, over real sockets, on a clock that the scenario sets. */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Authority, type AuthorityEvent, createAuthority, openStore, RevocableError } from 'revocable';
import { cookieValues, sessionCookie, sessionCookieName } from '#http/cookies';

const NAME = sessionCookieName(false);
const IDLE_SECONDS = 7 * 86_400;

/** What a browser sees of an answer. */
export interface Answer {
  readonly status: number;
  /** The value of the session cookie, where one was set. */
  readonly cookie: string | undefined;
}

export interface TokenServer {
  /** Milliseconds; it only goes on. */
  now: number;
  /** How often the authority told each event. */
  readonly told: ReadonlyMap<AuthorityEvent['type'], number>;
  /** Signs somebody in, and gives the cookie of the session. */
  login(subject: string): Promise<string>;
  /** `POST /refresh` with a cookie. */
  refresh(cookie: string): Promise<Answer>;
  close(): Promise<void>;
}

export async function startTokenServer(location = 'memory:'): Promise<TokenServer> {
  const time = { now: 1_764_000_000_000 };
  const clock = (): number => time.now;
  const told = new Map<AuthorityEvent['type'], number>();
  const store = await openStore(location, { clock });
  const authority = await createAuthority({
    store,
    issuer: 'https://auth.example',
    audience: 'api',
    signing: { alg: 'EdDSA' },
    secret: 'the root secret of these scenarios, 32 bytes',
    clock,
    onEvent: ({ type }) => void told.set(type, (told.get(type) ?? 0) + 1),
  });
  // Kept alive for good: a machine that is busy for five seconds must not lose a connection between two requests.
  const http = createServer({ keepAliveTimeout: 0 }, (req, res) => void answer(authority, req, res));
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  return {
    get now() {
      return time.now;
    },
    set now(now) {
      time.now = now;
    },
    told,
    login: async (subject: string) => (await authority.issue({ subject })).refreshToken,
    refresh: (cookie: string) => post(port, agent, cookie),
    async close() {
      agent.destroy();
      await new Promise(resolve => http.close(resolve));
      await authority.close();
      await store.close();
    },
  };
}

/** As the token service answers: the token that was presented sets no cookie, a refusal removes none. */
async function answer(authority: Authority, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [presented = ''] = cookieValues(req.headers.cookie, NAME);
  try {
    const { accessToken, refreshToken } = await authority.refresh(presented);
    if (refreshToken !== presented)
      res.setHeader('set-cookie', sessionCookie(refreshToken, { secure: false, maxAge: IDLE_SECONDS }));
    res.end(JSON.stringify({ access_token: accessToken }));
  } catch (error) {
    res.statusCode = error instanceof RevocableError && error.action === 'login' ? 401 : 503;
    res.end();
  }
}

function post(port: number, agent: Agent, cookie: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { cookie: `${NAME}=${cookie}` };
    const sent = request(
      { port, host: '127.0.0.1', method: 'POST', path: '/refresh', agent, headers },
      res => {
        const [line = ''] = res.headers['set-cookie'] ?? [];
        res
          .resume()
          .on('end', () => resolve({ status: res.statusCode ?? 0, cookie: cookieValues(line, NAME)[0] }));
      },
    );
    sent.on('error', reject).end();
  });
}
