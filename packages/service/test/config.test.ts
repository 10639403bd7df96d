import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createService } from '@revocable/service';
import { describe, expect, it } from 'vitest';
import { gatherSettings } from '#config';
import { printedSettings } from '#print-config';
import { settingsFrom } from '#settings';

const folder = mkdtempSync(join(tmpdir(), 'revocable-config-'));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const settings = (argv: string[], env: Record<string, string> = {}) =>
  settingsFrom(gatherSettings(argv, env).given);

describe('where a setting comes from', () => {
  const config = file('all.json', JSON.stringify({ port: 1111, host: '0.0.0.0', access_ttl: 60 }));

  it('flag > environment > file > default', () => {
    const env = { REVOCABLE_CONFIG: config, REVOCABLE_PORT: '2222' };
    expect(settings([]).port).toBe(4700);
    expect(settings([], { REVOCABLE_CONFIG: config })).toMatchObject({
      port: 1111,
      host: '0.0.0.0',
      access_ttl: 60,
    });
    expect(settings([], env).port).toBe(2222);
    expect(settings(['--port', '3333'], env).port).toBe(3333);
    expect(settings(['--port=3333', '--config', config])).toMatchObject({ port: 3333, host: '0.0.0.0' });
  });

  it('has the defaults of the manual', () => {
    expect(settings([])).toMatchObject({
      issuer: 'http://localhost:4700',
      host: '127.0.0.1',
      ops_port: 4701,
      store: 'file:./data',
      audience: ['api'],
      signing_alg: 'RS256',
      key_rotation: 30 * 86_400,
      access_ttl: 300,
      access_typ: 'at+jwt',
      refresh_ttl: 30 * 86_400,
      refresh_idle: 7 * 86_400,
      refresh_grace: 30,
      feed: 'clients',
      dpop_nonce: true,
      rate_limit: true,
      password_min: 15,
      drain: 5,
    });
  });

  it('reads REVOCABLE_…_FILE, without the end of its line', () => {
    const path = file('secret', `${'s'.repeat(32)}\n`);
    expect(settings([], { REVOCABLE_SECRET_FILE: path }).secret).toEqual(['s'.repeat(32)]);
  });

  it('takes several secrets, and an empty variable for none', () => {
    const two = `${'a'.repeat(32)},${'b'.repeat(32)}`;
    expect(settings([], { REVOCABLE_SECRET: two, REVOCABLE_PORT: '' })).toMatchObject({
      secret: ['a'.repeat(32), 'b'.repeat(32)],
      port: 4700,
    });
  });
});

describe('one sentence that names what is wrong', () => {
  const clients = (list: unknown) => ({ REVOCABLE_CLIENTS: JSON.stringify(list) });
  it.each([
    ['unknown flag', ['--prot', '1'], {}, /'--prot'/],
    ['word too many', ['now'], {}, /'now'/],
    ['unknown variable', [], { REVOCABLE_PROT: '1' }, /^REVOCABLE_PROT is no setting/],
    ['wrong port', ['--port', 'abc'], {}, /^--port must be a port number/],
    ['port too high', [], { REVOCABLE_PORT: '65536' }, /^REVOCABLE_PORT must be/],
    ['duration without unit', ['--access-ttl', '900'], {}, /^--access-ttl must be a duration/],
    ['no time at all', ['--access-ttl', '0s'], {}, /^--access-ttl must be a duration/],
    ['http issuer', ['--issuer', 'http://auth.example'], {}, /^--issuer must be an https origin/],
    ['issuer with a path', ['--issuer', 'https://auth.example/a'], {}, /without a path/],
    ['short secret', [], { REVOCABLE_SECRET: 'sesame' }, /^REVOCABLE_SECRET must have 32 bytes/],
    [
      'short admin password',
      [],
      { REVOCABLE_ADMIN_PASSWORD: 'short' },
      /^REVOCABLE_ADMIN_PASSWORD must have 15/,
    ],
    ['unknown algorithm', ['--signing-alg', 'none'], {}, /^--signing-alg must be one of/],
    ['symmetric algorithm', ['--signing-alg', 'HS256'], {}, /^--signing-alg must be one of/],
    ['no network', ['--trusted-proxies', '10.0.0.0/99'], {}, /^--trusted-proxies must be/],
    [
      'set both ways',
      [],
      { REVOCABLE_PORT: '1', REVOCABLE_PORT_FILE: '/x' },
      /^REVOCABLE_PORT is set both ways/,
    ],
    [
      'file that is not there',
      [],
      { REVOCABLE_PORT_FILE: '/nowhere' },
      /^REVOCABLE_PORT_FILE names \/nowhere/,
    ],
    ['config that is not there', [], { REVOCABLE_CONFIG: '/nowhere' }, /^REVOCABLE_CONFIG names \/nowhere/],
    ['config that is no JSON', [], { REVOCABLE_CONFIG: file('bad.json', '{') }, /is not JSON/],
    [
      'unknown member',
      [],
      { REVOCABLE_CONFIG: file('un.json', '{"prot":1}') },
      /^"prot" in .*un\.json is no setting/,
    ],
    [
      'wrong member',
      [],
      { REVOCABLE_CONFIG: file('wr.json', '{"port":"x"}') },
      /^"port" in .*wr\.json must be/,
    ],
    ['clients that are no list', [], { REVOCABLE_CLIENTS: '{}' }, /^REVOCABLE_CLIENTS must be a JSON array/],
    ['client without id', [], clients([{}]), /number 1, "client_id"/],
    ['client that looks like a person', [], clients([{ client_id: 'u_x' }]), /must not begin with "u_"/],
    ['unknown client member', [], clients([{ client_id: 'a', secret: 'x' }]), /number 1: .*"secret"/],
    ['origin with a path', [], clients([{ client_id: 'a', origins: ['https://a.example/x'] }]), /origins/],
    ['same id twice', [], clients([{ client_id: 'a' }, { client_id: 'a' }]), /number 2: another client/],
    [
      'secret with method none',
      [],
      clients([{ client_id: 'a', client_secret: 'x', token_endpoint_auth_method: 'none' }]),
      /number 1/,
    ],
    [
      'client_credentials without secret',
      [],
      clients([{ client_id: 'a', grant_types: ['client_credentials'] }]),
      /needs a "client_secret"/,
    ],
    [
      'codes without an address',
      [],
      clients([{ client_id: 'a', grant_types: ['authorization_code'] }]),
      /needs "redirect_uris"/,
    ],
    ...[
      'http://shop.example/cb',
      'https://shop.example/cb#x',
      'https://user@shop.example/cb',
      'javascript:alert(1)',
      'data:text/html,x',
      'myapp:/cb',
      '/cb',
      'https://shop.example\\cb',
      'https://shop.example/a b',
      '',
    ].map(
      uri =>
        [
          `the address "${uri}"`,
          [],
          clients([{ client_id: 'a', redirect_uris: ['https://a.example/cb', uri] }]),
          /number 1, "redirect_uris\.1": must be https/,
        ] as [string, string[], object, RegExp],
    ),
    ['an unknown policy', [], clients([{ client_id: 'a', refresh_policy: 'lax' }]), /"refresh_policy"/],
    [
      'no rotation where nothing binds the token',
      [],
      clients([{ client_id: 'a', refresh_policy: 'none' }]),
      /"refresh_policy" none needs a "client_secret", or "dpop_bound_access_tokens"/,
    ],
  ])('%s', (_, argv, env, words) => {
    let message = '';
    try {
      settings(argv, env as Record<string, string>);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(words);
    expect(message).not.toMatch(/\n|sesame/);
    expect(message.endsWith('.')).toBe(true);
  });

  it('also from createService', async () => {
    await expect(createService({ prot: 1 } as object)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('no setting "prot"'),
    });
    await expect(createService({ port: -1 })).rejects.toThrow(/^"port" must be a port number/);
    await expect(createService({ store: 'ftp:x', log_level: 'silent' })).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });
});

describe('--print-config', () => {
  it('shows value and source of each, and no secret', () => {
    const env = {
      REVOCABLE_SECRET: 's'.repeat(40),
      REVOCABLE_ADMIN_PASSWORD: 'hidden-password-1',
      REVOCABLE_CLIENTS: JSON.stringify([{ client_id: 'stock', client_secret: 'hidden-secret' }]),
    };
    const { given, printConfig } = gatherSettings(['--print-config', '--port', '5000'], env);
    expect(printConfig).toBe(true);
    const lines = printedSettings(given, settingsFrom(given));
    expect(lines).toMatch(/^PORT +5000 +--port$/m);
    expect(lines).toMatch(/^ISSUER +http:\/\/localhost:5000 +default$/m);
    expect(lines).toMatch(/^SECRET +\*\*\* +REVOCABLE_SECRET$/m);
    expect(lines).toMatch(/^ADMIN_PASSWORD +\*\*\* +REVOCABLE_ADMIN_PASSWORD$/m);
    expect(lines).toContain('"client_secret":"***"');
    expect(lines).not.toMatch(/hidden|ssss/);
  });
});
