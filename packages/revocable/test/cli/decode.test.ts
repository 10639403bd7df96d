import { createSigner, secretKey } from 'revocable';
import { afterAll, describe, expect, it } from 'vitest';
import { jsonOf, revocable, STRONG, TOKEN, temporaryFolder } from './revocable.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const signer = createSigner({ key: secretKey('HS256', { utf8: STRONG }), expiresIn: '192s' });

describe('revocable decode', () => {
  it('shows the token of the mission, with its dates, and says that nothing is proved', async () => {
    const { code, stdout, stderr } = await revocable(['decode', TOKEN]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('alg  "HS256"');
    expect(stdout).toContain('name  "Abhishek Kishor"');
    expect(stdout).toMatch(/iat {3}1516239022 {2}\d+ years \d+ days? ago \(2018-01-18 01:30:22\)/);
    expect(stdout).toContain('not verified');
  });

  it('gives machines header, claims and signature', async () => {
    const { header, claims, signature } = jsonOf(await revocable(['decode', TOKEN, '--json']));
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(claims).toEqual({ sub: '1234567890', name: 'Abhishek Kishor', iat: 1516239022 });
    expect(signature).toBe(TOKEN.split('.')[2]);
  });

  it('reads stdin, by "-" or by itself, and files, with their last line end', async () => {
    const ways = [
      await revocable(['decode', '-', '--json'], { stdin: `${TOKEN}\n` }),
      await revocable(['decode', '--json'], { stdin: `${TOKEN}\r\n` }),
      await revocable(['decode', `@${folder.file('token.txt', `${TOKEN}\n`)}`, '--json']),
    ];
    for (const outcome of ways) expect(jsonOf(outcome)['claims']).toMatchObject({ sub: '1234567890' });
  });

  it('says how far a date is away, and when it is', async () => {
    const { stdout } = await revocable(['decode', signer.sign({ sub: 'u1' })]);
    expect(stdout).toMatch(/exp {2}\d+ {2}in 3 min \d+ s \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)/);
  });

  it('lets no claim play tricks on the terminal', async () => {
    const hostile = signer.sign({
      name: '\u001b[2J\u009b31m\u202eevil\u2066',
      'a\u001b]0;x\u0007': 1,
      deep: { list: ['\u0085'] },
    });
    const { stdout } = await revocable(['decode', hostile]);
    expect(stdout).toContain('\\u001b[2J\\u009b31m\\u202eevil\\u2066');
    for (const tricky of ['\u001b', '\u009b', '\u202e', '\u2066', '\u0085', '\u0007'])
      expect(stdout).not.toContain(tricky);
  });

  it('exits 1 for what is no token, and says what may have happened to it', async () => {
    const rows: [string, string][] = [
      ['abc', 'It has 0 dots'],
      ['a.b.c.d.e', 'encrypted (JWE)'],
      [`Bearer ${TOKEN}`, 'the scheme of the header'],
      [`"${TOKEN}"`, 'stands in quotes'],
      [TOKEN.replace('.', '.\n'), 'white space'],
      [`${TOKEN}=`, 'no padding'],
    ];
    for (const [token, hint] of rows) {
      const { code, stdout, stderr } = await revocable(['decode', token]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('ERR_TOKEN_MALFORMED');
      expect(stderr).toContain(hint);
      expect(stderr).not.toContain('eyJ');
    }
  });

  it('exits 1 for bytes that are no text', async () => {
    const { code, stderr } = await revocable(['decode', '-'], { stdin: Uint8Array.of(0xff, 0xfe, 0x2e) });
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_TOKEN_MALFORMED');
  });

  it('exits 1 with JSON for machines, and 2 when no token is given at all', async () => {
    const malformed = await revocable(['decode', 'abc', '--json']);
    expect(malformed.code).toBe(1);
    expect(jsonOf(malformed)).toMatchObject({ ok: false, code: 'ERR_TOKEN_MALFORMED', action: 'login' });
    expect((await revocable(['decode', ''])).stderr).toContain('ERR_TOKEN_MISSING');
    const none = await revocable(['decode']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('No token is given');
  });
});
