/** A service under test, in memory, and short ways to speak to it. */
import { createService, type Service, type ServiceConfig } from '@revocable/service';

export const ISSUER = 'http://localhost:4700';
export const ADMIN_PASSWORD = 'the-first-password-here';
export const PASSWORD = 'ada-loves-engines';
export const SHOP = 'https://shop.example';

export const CLIENTS: NonNullable<ServiceConfig['clients']> = [
  { client_id: 'shop', client_name: 'The Shop', origins: [SHOP] },
  { client_id: 'stock', client_secret: 'stock-secret', scope: 'revocable:verify' },
  { client_id: 'robot', client_secret: 'robot+secret%', scope: 'read write', audience: 'warehouse' },
  {
    client_id: 'operator',
    client_secret: 'operator-secret',
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'revocable:admin revocable:revoke revocable:read revocable:verify read',
  },
];

export interface Sending {
  readonly method?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly cookie?: string | undefined;
  readonly bearer?: string;
  readonly basic?: readonly [string, string];
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}

export interface Person {
  readonly subject: string;
  readonly cookie: string;
  readonly session: string;
}

/** What a test reads of an answer: any JSON. */
export interface Answer extends Response {
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects by what it asserts
  json(): Promise<any>;
}

export interface World {
  readonly service: Service;
  send(path: string, sending?: Sending): Promise<Answer>;
  /** Cookie of a new session. */
  signIn(username: string, password?: string, sending?: Sending): Promise<Person>;
  /** Somebody new, signed in. */
  newPerson(roles?: readonly string[]): Promise<Person & { readonly username: string }>;
  accessToken(cookie: string): Promise<string>;
  adminCookie(): Promise<string>;
  clientToken(scope: string): Promise<string>;
  /** The audience's own check: introspection by a confidential client. */
  isActive(token: string): Promise<boolean>;
  close(): Promise<void>;
}

let people = 0;

export async function openWorld(config: ServiceConfig = {}): Promise<World> {
  const service = await createService({
    store: 'memory:',
    issuer: ISSUER,
    signing_alg: 'ES256',
    admin_password: ADMIN_PASSWORD,
    clients: CLIENTS,
    log_level: 'silent',
    ...config,
  });
  const issuer = config.issuer ?? ISSUER;
  const send = (path: string, sending: Sending = {}): Promise<Answer> =>
    service.fetch(request(issuer, path, sending), { address: sending.address ?? '192.0.2.1' });
  let admin: Promise<Person> | undefined;
  const world: World = {
    service,
    send,
    async signIn(username, password = PASSWORD, sending = {}) {
      const answer = await send('/login', { json: { username, password }, ...sending });
      if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${await answer.text()}`);
      const { subject, session_id } = await answer.json();
      return { subject, session: session_id, cookie: cookieIn(answer) };
    },
    async newPerson(roles = []) {
      const username = `person-${++people}`;
      const made = await send('/admin/api/users', {
        cookie: await world.adminCookie(),
        json: { username, password: PASSWORD, roles },
      });
      if (made.status !== 201) throw new Error(`no new person: ${await made.text()}`);
      return { ...(await world.signIn(username)), username };
    },
    async accessToken(cookie) {
      const answer = await send('/refresh', { method: 'POST', cookie });
      if (answer.status !== 200) throw new Error(`refresh answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()).access_token;
    },
    async adminCookie() {
      admin ??= world.signIn('admin', ADMIN_PASSWORD);
      return (await admin).cookie;
    },
    async clientToken(scope) {
      const form = { grant_type: 'client_credentials', scope };
      const answer = await send('/token', { form, basic: ['operator', 'operator-secret'] });
      return (await answer.json()).access_token;
    },
    async isActive(token) {
      const answer = await send('/introspect', { form: { token }, basic: ['stock', 'stock-secret'] });
      return (await answer.json()).active;
    },
    close: () => service.close(),
  };
  return world;
}

export function request(issuer: string, path: string, sending: Sending): Request {
  const { form, json, cookie, bearer, basic } = sending;
  const headers = new Headers(sending.headers);
  if (cookie !== undefined) headers.set('cookie', cookie);
  if (bearer !== undefined) headers.set('authorization', `Bearer ${bearer}`);
  if (basic !== undefined) headers.set('authorization', basicHeader(...basic));
  if (json !== undefined) headers.set('content-type', 'application/json');
  const body = form === undefined ? json && JSON.stringify(json) : new URLSearchParams(form);
  const method = sending.method ?? (body === undefined ? 'GET' : 'POST');
  return new Request(new URL(path, issuer), {
    method,
    headers,
    ...(body !== undefined && { body: body as string }),
  });
}

/** Form-encoded inside: RFC 6749 section 2.3.1. */
export function basicHeader(id: string, secret: string): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}

export const cookieIn = (answer: Response): string =>
  (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
