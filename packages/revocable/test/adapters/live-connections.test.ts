/** Live connections over real sockets, as docs/how-to/close-live-connections.md has them. */
import { createServer, get, type Server } from 'node:http';
import {
  type Authority,
  createAuthority,
  createKeySet,
  createVerifier,
  followRevocations,
  openStore,
  type Replica,
  type Store,
} from 'revocable';
import { authenticate, authenticateUpgrade } from 'revocable/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../contracts/store-world.ts';
import { listening } from './listening.ts';
import { acceptWebSocket, openWebSocket } from './web-socket.ts';

const ISSUER = 'https://a.example';
const COMMON = { issuer: ISSUER, audience: 'api', signing: { alg: 'ES256' } } as const;
let store: Store;
let authority: Authority;
let revocation: Replica;
let port: number;
let close: () => Promise<void>;
/** Connections that the server still watches. */
let watched: number;

beforeEach(async () => {
  store = await openStore('memory:');
  authority = await createAuthority({ ...COMMON, store });
  revocation = await followRevocations(store);
  watched = 0;
  ({ port, close } = await listening(createChat()));
});
afterEach(async () => {
  revocation.close();
  await close();
  await authority.close();
  await store.close();
});

/** Echoes texts to whoever is let in, and streams to whoever asks for events. */
function createChat(): Server {
  const keys = createKeySet(authority.jwks());
  const verifier = createVerifier({ keys, issuer: ISSUER, audience: 'api', revocation });
  const check = authenticateUpgrade({ verifier });
  const checkRequest = authenticate({ verifier });
  const server = createServer(async (req, res) => {
    const verdict = await checkRequest(req);
    if (!verdict.ok) return verdict.send(res);
    const stop = revocation.watch(verdict.auth, () => res.end('event: bye\ndata:\n\n'));
    res.on('close', stop);
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  });
  server.on('upgrade', async (req, socket) => {
    const verdict = await check(req);
    if (!verdict.ok) return verdict.send(socket);
    const ws = acceptWebSocket(req, socket, text => ws.send(text));
    try {
      const stop = revocation.watch(verdict.auth, reason => ws.close(4401, reason.action));
      watched += 1;
      ws.on('close', () => {
        watched -= 1;
        stop();
      });
    } catch {
      ws.close(4401, 'refresh');
    }
  });
  return server;
}

describe('a WebSocket', () => {
  const login = (subject: string) => authority.issue({ subject });

  it('21: is closed when its token is taken back, and nobody else is', async () => {
    const [ada, bob] = [await login('ada'), await login('bob')];
    const [hers, his] = [
      await openWebSocket(port, ada.accessToken),
      await openWebSocket(port, bob.accessToken),
    ];
    hers.send('hello');
    await until(() => hers.texts.includes('hello'));
    await authority.revoke({ subject: 'ada' });
    expect(await hers.closed).toEqual({ code: 4401, reason: 'login' });
    his.send('still here');
    await until(() => his.texts.includes('still here'));
    expect(his.isOpen()).toBe(true);
    await expect(openWebSocket(port, ada.accessToken)).rejects.toThrow('401');
  });

  it('says to refresh where the session goes on', async () => {
    const ada = await login('ada');
    const socket = await openWebSocket(port, ada.accessToken);
    await authority.revoke({ subject: 'ada' }, { plane: 'access' });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'refresh' });
    const renewed = await authority.refresh(ada.refreshToken);
    const again = await openWebSocket(port, renewed.accessToken);
    expect(again.isOpen()).toBe(true);
  });

  it('is closed when its token expires, and when nothing is heard any more', async () => {
    await using brief = await createAuthority({ ...COMMON, store, access: { expiresIn: '2s' } });
    const expiring = await openWebSocket(port, (await brief.issue({ subject: 'ada' })).accessToken);
    expect(await expiring.closed).toEqual({ code: 4401, reason: 'refresh' });
    const unheard = await openWebSocket(port, (await login('ada')).accessToken);
    revocation.close();
    expect(await unheard.closed).toEqual({ code: 4401, reason: 'retry' });
  });

  it('that its client leaves is watched no longer', async () => {
    const socket = await openWebSocket(port, (await login('ada')).accessToken);
    await until(() => watched === 1);
    socket.vanish();
    await until(() => watched === 0);
  });

  it('of a hundred of one user are all closed by one cut', async () => {
    const { accessToken } = await login('ada');
    const sockets = await Promise.all(Array.from({ length: 100 }, () => openWebSocket(port, accessToken)));
    await authority.revoke({ subject: 'ada' });
    const reasons = await Promise.all(sockets.map(socket => socket.closed));
    expect(new Set(reasons.map(reason => reason?.reason))).toEqual(new Set(['login']));
    await until(() => watched === 0);
  });
});

it('a stream of events ends when its token is taken back', async () => {
  const { accessToken } = await authority.issue({ subject: 'ada' });
  const body = new Promise<string>((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { authorization: `Bearer ${accessToken}` } }, res => {
      let text = '';
      res.on('data', piece => {
        text += piece;
      });
      res.on('end', () => resolve(`${res.statusCode} ${text}`));
      void authority.revoke({ subject: 'ada' });
    }).on('error', reject);
  });
  expect(await body).toBe('200 event: bye\ndata:\n\n');
});
