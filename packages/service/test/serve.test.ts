/** The real process: ports, banner, signals, kill -9, and what it says when it cannot start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { PASSWORD } from './world.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const START = `import { serve } from '@revocable/service'; process.exitCode = await serve(process.argv.slice(1), process.env);`;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Process {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly exit: Promise<number | null>;
}

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
  const child = spawn(process.execPath, ['--input-type=module', '-e', START, '--', ...argv], {
    cwd: PACKAGE,
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  children.push(child);
  const texts = { out: '', err: '' };
  child.stdout.on('data', text => {
    texts.out += text;
  });
  child.stderr.on('data', text => {
    texts.err += text;
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, out: () => texts.out, err: () => texts.err, exit };
}

interface Up extends Process {
  readonly url: string;
  readonly ops: string;
  readonly password: string | undefined;
}

const folder = () => join(mkdtempSync(join(tmpdir(), 'revocable-serve-')), 'data');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

async function up(data: string, more: readonly string[] = []): Promise<Up> {
  const [port, ops] = [await freePort(), await freePort()];
  const flags = [
    '--store',
    `file:${data}`,
    '--port',
    String(port),
    '--ops-port',
    String(ops),
    '--signing-alg',
    'ES256',
  ];
  const running = start([...flags, '--feed', 'public', '--drain', '0s', ...more]);
  for (;;) {
    if (running.out().includes('npm run demo')) break;
    if (running.child.exitCode !== null) throw new Error(running.err());
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  const password = running.out().match(/Password: +(\S+)/)?.[1];
  return { ...running, url: `http://localhost:${port}`, ops: `http://localhost:${ops}`, password };
}

const kill = async ({ child, exit }: Process, signal: NodeJS.Signals) => {
  child.kill(signal);
  return exit;
};

async function signIn(
  url: string,
  username: string,
  password: string,
): Promise<{ status: number; cookie: string }> {
  const body = JSON.stringify({ username, password });
  const answer = await fetch(`${url}/login`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  return { status: answer.status, cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
}
const refresh = (url: string, cookie: string) =>
  fetch(`${url}/refresh`, { method: 'POST', headers: { cookie } });
const post = (address: string, json: object, cookie: string) =>
  fetch(address, {
    method: 'POST',
    body: JSON.stringify(json),
    headers: { cookie, 'content-type': 'application/json' },
  });

describe('a start', () => {
  it('prints the banner on stdout, the password once, and the log on stderr', {
    timeout: 120_000,
  }, async () => {
    const data = folder();
    const first = await up(data);
    const [title, ...lines] = first.out().trimEnd().split('\n');
    expect(title).toMatch(/^revocable \d+\.\d+\.\d+ ready in \d+\.\d s$/);
    expect(lines).toEqual([
      `  Sign in:   ${first.url}/login`,
      '  Name:      admin',
      `  Password:  ${first.password}    (shown once; change it under /account)`,
      `  Console:   ${first.url}/admin`,
      `  Store:     file:${data}`,
      '  Try:       npm run demo',
    ]);
    expect(first.password).toMatch(/^[A-Za-z0-9]{4}(-[A-Za-z0-9]{4}){3}$/);
    expect((await signIn(first.url, 'admin', first.password ?? '')).status).toBe(200);
    expect(await kill(first, 'SIGTERM')).toBe(0);
    for (const line of first.err().trimEnd().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
    expect(first.err()).not.toContain(first.password);

    const second = await up(data);
    expect(second.out()).not.toContain('Password:');
    expect((await signIn(second.url, 'admin', first.password ?? '')).status).toBe(200);
  });

  it('keeps its data to its user', async () => {
    const data = folder();
    await up(data);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600);
  });
});

/** `KILLS=50` for the long run. */
const KILLS = Number(process.env.KILLS ?? 3);

describe('kill -9', () => {
  it('in the middle of revocations loses no key, account, session or revocation that was answered', async () => {
    const data = folder();
    let running = await up(data);
    const password = running.password ?? '';
    const { cookie } = await signIn(running.url, 'admin', password);
    const made = await post(
      `${running.url}/admin/api/users`,
      { username: 'ada', password: PASSWORD },
      cookie,
    );
    expect(made.status).toBe(201);
    const kids = await kidsOf(running.url);

    for (let round = 0; round < KILLS; round++) {
      const admin = await signIn(running.url, 'admin', password);
      const sessions: string[] = [];
      for (let i = 0; i < 8; i++) sessions.push((await signIn(running.url, 'ada', PASSWORD)).cookie);
      const ended: string[] = [];
      const end = async (each: string): Promise<void> => {
        const target = { session: each.slice('revocable='.length).split('.')[0] };
        const answer = await post(`${running.url}/admin/api/revocations`, { target }, admin.cookie).catch(
          () => undefined,
        );
        if (answer?.status === 200) ended.push(each);
      };
      const orders = sessions.map(end);
      await Promise.race(orders);
      expect(await kill(running, 'SIGKILL')).toBeNull();
      await Promise.all(orders);
      expect(ended.length).toBeGreaterThan(0);

      running = await up(data);
      expect(running.password).toBeUndefined();
      expect(await kidsOf(running.url)).toEqual(expect.arrayContaining(kids)); // the next key may have been made since
      for (const each of ended) expect((await refresh(running.url, each)).status).toBe(401);
      expect((await refresh(running.url, admin.cookie)).status).toBe(200);
      expect((await signIn(running.url, 'ada', PASSWORD)).status).toBe(200);
    }
  }, 1_000_000);
});

const COMMAND = fileURLToPath(new URL('../../revocable/dist/cli/main.js', import.meta.url));

async function revocable(...words: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, [COMMAND, ...words], { stdio: 'inherit' });
  return once(child, 'close').then(([code]) => code as number | null);
}

describe('a store that is lost', () => {
  /** Each start has another port, and the journal believes its own issuer alone. */
  const ISSUED_BY = ['--issuer', 'http://localhost:4700'];

  /** A backup made while the service runs, and what was given and taken back around it. */
  async function lost() {
    const data = folder();
    const running = await up(data, ISSUED_BY);
    const password = running.password ?? '';
    const people = [];
    for (let i = 0; i < 3; i++) people.push((await signIn(running.url, 'admin', password)).cookie);
    const [admin = '', kept = '', ended = ''] = people;
    const file = join(data, '..', 'monday.db');
    expect(await revocable('backup', file, '--store', `file:${data}`)).toBe(0);
    const later = (await signIn(running.url, 'admin', password)).cookie;
    const target = { session: ended.slice('revocable='.length).split('.')[0] };
    const order = await post(`${running.url}/admin/api/revocations`, { target }, admin);
    expect(order.status).toBe(200);
    const kids = await kidsOf(running.url);
    await kill(running, 'SIGKILL');
    for (const ending of ['', '-wal', '-shm']) rmSync(join(data, `revocable.db${ending}`), { force: true });
    return { data, password, file, kept, ended, later, kids };
  }

  const statuses = (url: string, cookies: readonly string[]) =>
    Promise.all(cookies.map(async cookie => (await refresh(url, cookie)).status));

  it('is restored from a backup: nobody goes on, everybody can sign in', { timeout: 120_000 }, async () => {
    const { data, password, file, kept, ended, later, kids } = await lost();
    expect(await revocable('restore', file, '--store', `file:${data}`)).toBe(0);
    const restored = await up(data, ISSUED_BY);
    expect(restored.password).toBeUndefined();
    expect(await statuses(restored.url, [kept, ended, later])).toEqual([401, 401, 401]);
    const { status, cookie } = await signIn(restored.url, 'admin', password);
    expect(status).toBe(200);
    expect((await refresh(restored.url, cookie)).status).toBe(200);
    expect(await kidsOf(restored.url)).toEqual(expect.arrayContaining(kids.slice(0, 1)));
    const audit = await fetch(`${restored.url}/admin/api/audit?event=store.restored`, {
      headers: { cookie },
    });
    expect(JSON.stringify(await audit.json())).toContain('cut off');
  });

  it('goes on with --keep-sessions, healed by the journal beside it', { timeout: 120_000 }, async () => {
    const { data, file, kept, ended, later } = await lost();
    expect(await revocable('restore', file, '--store', `file:${data}`, '--keep-sessions')).toBe(0);
    const restored = await up(data, ISSUED_BY);
    expect(await statuses(restored.url, [kept, ended, later])).toEqual([200, 401, 401]);
  });
});

async function kidsOf(url: string): Promise<string[]> {
  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string }[];
  };
  return keys.map(({ kid }) => kid);
}

describe('a signal', () => {
  it('SIGTERM: not ready, still answering for the drain, then ends streams and exits 0', async () => {
    const running = await up(folder(), ['--drain', '1s']);
    expect((await fetch(`${running.ops}/health/ready`)).status).toBe(200);
    const stream = await fetch(`${running.url}/revocations`);
    const text = stream.text();
    running.child.kill('SIGTERM');
    running.child.kill('SIGTERM');
    await new Promise(resolve => setTimeout(resolve, 300));
    const ready = await fetch(`${running.ops}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }]);
    expect((await fetch(`${running.url}/login`)).status).toBe(200);
    expect(await text).toContain('event: ready');
    expect(await running.exit).toBe(0);
    await expect(fetch(`${running.url}/login`)).rejects.toThrow();
  });

  it('SIGINT does not wait', async () => {
    const running = await up(folder(), ['--drain', '30s']);
    const from = performance.now();
    expect(await kill(running, 'SIGINT')).toBe(0);
    expect(performance.now() - from).toBeLessThan(10_000);
  });
});

describe('the operators’ port', () => {
  it('has health and metrics, and no label that names anybody', async () => {
    const running = await up(folder());
    const { cookie } = await signIn(running.url, 'admin', running.password ?? '');
    await refresh(running.url, cookie);
    await signIn(running.url, 'admin', 'wrong');
    expect(await (await fetch(`${running.ops}/health/live`)).json()).toEqual({ status: 'live' });
    expect(await (await fetch(`${running.ops}/health/ready`)).json()).toEqual({
      status: 'ready',
      store: 'up',
    });
    const metrics = await (await fetch(`${running.ops}/metrics`)).text();
    for (const line of [
      /^revocable_logins_total\{result="ok"\} 1$/m,
      /^revocable_logins_total\{result="refused"\} 1$/m,
      /^revocable_refreshes_total\{result="ok"\} 1$/m,
      /^revocable_tokens_issued_total\{kind="access",grant="password"\} 1$/m,
      /^revocable_http_request_duration_seconds_count\{method="POST",route="\/login",status="200"\} 1$/m,
      /^revocable_store_operation_duration_seconds_count\{operation="issue"\} 1$/m,
      /^revocable_store_up 1$/m,
      /^revocable_sessions 1$/m,
      /^revocable_cutoffs\{scope="subject"\} 0$/m,
      /^revocable_build_info\{version="\d/m,
    ])
      expect(metrics).toMatch(line);
    expect(metrics).not.toMatch(/u_[a-z0-9]{20}|admin"/);
    expect((await fetch(`${running.ops}/login`)).status).toBe(404);
    expect((await fetch(`${running.url}/metrics`)).status).toBe(404);
  });
});

describe('a start that cannot be', () => {
  const refusedBy = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { exit, err, out } = start(argv, env);
    const code = await exit;
    expect(out()).toBe('');
    return { code, err: err() };
  };
  const one = /^[^\n]+[.?]\n$/;

  it('a busy port: one sentence that names it, exit 1, and nothing touched', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as { port: number };
    const data = folder();
    const { code, err } = await refusedBy([
      '--store',
      `file:${data}`,
      '--port',
      String(port),
      '--ops-port',
      '0',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(one);
    expect(err).toContain(`Port ${port} on 127.0.0.1 is used by another program`);
    expect(existsSync(data)).toBe(false);
    busy.close();
  });

  it('a second service on the same folder: exit 2, and the first goes on', async () => {
    const data = folder();
    const first = await up(data);
    const { code, err } = await refusedBy(['--store', `file:${data}`, '--port', '0', '--ops-port', '0']);
    expect(code).toBe(2);
    expect(err).toMatch(one);
    expect(err).toContain(data);
    expect((await signIn(first.url, 'admin', first.password ?? '')).status).toBe(200);
  });

  it('a folder that cannot be used: exit 2', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'revocable-file-')), 'a-file');
    writeFileSync(file, 'mine');
    const { code, err } = await refusedBy(['--store', `file:${file}`, '--port', '0', '--ops-port', '0']);
    expect([code, err]).toEqual([2, expect.stringMatching(one)]);
    expect(err).toContain(file);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('another root secret than the store’s: exit 2, and nothing is damaged', async () => {
    const data = folder();
    const first = await up(data);
    await kill(first, 'SIGTERM');
    const flags = ['--store', `file:${data}`, '--port', '0', '--ops-port', '0'];
    const { code, err } = await refusedBy(flags, {
      REVOCABLE_SECRET: 'another-secret-of-more-than-32-bytes',
    });
    expect([code, err]).toEqual([2, expect.stringMatching(one)]);
    const again = await up(data);
    expect((await signIn(again.url, 'admin', first.password ?? '')).status).toBe(200);
  });

  it.each([
    ['unknown flag', ['--prot', '1'], {}, '--prot'],
    ['wrong setting', ['--port', 'abc'], {}, '--port'],
    ['unknown variable', [], { REVOCABLE_PROT: '1' }, 'REVOCABLE_PROT'],
  ])('%s: exit 2', async (_, argv, env, named) => {
    const { code, err } = await refusedBy(argv, env as Record<string, string>);
    expect([code, err]).toEqual([2, expect.stringMatching(one)]);
    expect(err).toContain(named);
  });
});
