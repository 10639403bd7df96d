// An authority behind HTTP: `authority.js LOCATION [die]`. With "die" it kills itself when a refresh has been taken and not yet answered.
import { createServer } from 'node:http';
import { createAuthority, openStore, RevocableError } from 'revocable';

const [, , location, die] = process.argv;
const opened = await openStore(location);
const refresh = async step => {
  const reply = await opened.refresh(step);
  if (die === 'die') process.kill(process.pid, 'SIGKILL');
  return reply;
};
const authority = await createAuthority({
  store: { ...opened, refresh },
  issuer: 'https://auth.example',
  audience: 'api',
  signing: { alg: 'ES256' },
  secret: 'the root secret of this test, 32 bytes or more',
});

async function answer(path, token) {
  if (path === '/login') return authority.issue({ subject: 'ada' });
  return authority.refresh(token);
}

const server = createServer(async (req, res) => {
  try {
    const { refreshToken, sessionId } = await answer(req.url, req.headers.authorization);
    res.end(JSON.stringify({ refreshToken, sessionId }));
  } catch (error) {
    res.statusCode = error instanceof RevocableError && error.action === 'retry' ? 503 : 401;
    res.end(JSON.stringify({ code: error.code }));
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
