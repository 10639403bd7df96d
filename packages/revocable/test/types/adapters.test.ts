/** What users of the adapters may write, and what must not compile: each program is a user's file beside the package. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const FILE = fileURLToPath(new URL('./user.ts', import.meta.url));
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
};

const parsed = new Map<string, ts.SourceFile | undefined>();

/** The lines with an error, each with its text. */
function wrongLines(program: string, more: ts.CompilerOptions = {}): string[] {
  const options = { ...OPTIONS, ...more };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = name => name === FILE || fileExists(name);
  host.readFile = name => (name === FILE ? program : readFile(name));
  host.getSourceFile = (name, ...rest) => {
    if (name === FILE) return ts.createSourceFile(name, program, ts.ScriptTarget.ES2023, true);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...rest));
    return parsed.get(name);
  };
  const compiled = ts.createProgram([FILE], options, host);
  return ts.getPreEmitDiagnostics(compiled).map(({ file, start = 0, messageText }) => {
    const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
    return `${program.split('\n')[line]?.trim()} -> ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

const IMPORTS = `
  import type { IncomingMessage, ServerResponse } from 'node:http';
  import express from 'express';
  import { Hono } from 'hono';
  import type { Verifier } from 'revocable';
  import * as onExpress from 'revocable/express';
  import * as onHono from 'revocable/hono';
  import * as onFetch from 'revocable/fetch';
  import { createClient } from 'revocable/browser';
  declare const verifier: Verifier;
  declare const request: Request;
`;

describe('types of the adapters', () => {
  it('Register types the claims of each adapter', () => {
    const program = `${IMPORTS}
      declare module 'revocable' { interface Register { claims: { sub: string; plan: 'free' | 'paid' } } }
      express().use(onExpress.authenticate({ verifier })).get('/', (req, res) => {
        const plan: 'free' | 'paid' | undefined = req.auth?.claims.plan;
        res.send(plan);
      });
      new Hono().use(onHono.authenticate({ verifier })).get('/', c => {
        const plan: 'free' | 'paid' = c.get('jwtPayload').plan;
        const subject: string = c.get('auth').payload.sub;
        return c.text(plan + subject);
      });
      const verdict = await onFetch.authenticate({ verifier })(request);
      if (verdict.ok) { const plan: 'free' | 'paid' = verdict.auth.claims.plan; console.log(plan); }
      export {};`;
    expect(wrongLines(program)).toEqual([]);
  });

  it('a verdict must be looked at, and nobody may be there when credentials are not required', () => {
    const wrong = wrongLines(`${IMPORTS}
      const verdict = await onFetch.authenticate({ verifier })(request);
      verdict.auth;
      if (!verdict.ok) verdict.response satisfies Response;
      else verdict.auth.token satisfies string;
      const open = await onFetch.authenticate({ verifier, credentialsRequired: false })(request);
      if (open.ok) open.auth.token;
      export {};`);
    expect(wrong.map(line => line.split(' -> ')[0])).toEqual([
      'verdict.auth;',
      'if (open.ok) open.auth.token;',
    ]);
  });

  it('a misspelt or missing option does not compile', () => {
    const wrong = wrongLines(`${IMPORTS}
      onExpress.authenticate({ verifier, credentialRequired: false });
      onHono.authenticate({});
      onFetch.authenticate({ verifier, getToken: (c: express.Request) => c.get('x') });
      createClient({ loginUrl: '/login' });
      createClient({ refreshUrl: '/refresh', origins: 'https://api.example' });
      export {};`);
    expect(wrong).toHaveLength(5);
  });

  it.each<[string, ts.CompilerOptions]>([
    ['of a page', { lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'], types: [], skipLibCheck: false }],
    ['of Node', { skipLibCheck: false }],
  ])('the client compiles with the types %s alone', (_whose, options) => {
    const program = `
      import { createClient } from 'revocable/browser';
      const client = createClient({ refreshUrl: new URL('https://auth.example/refresh'), loginUrl: '/login' });
      const response: Response = await client.fetch('/x', { method: 'POST', signal: new AbortController().signal });
      const stop: () => void = client.onLogout(({ reason }) => console.log(reason satisfies 'logout' | 'ended'));
      const session = await client.session();
      session?.expiresAt satisfies Date | undefined;
      stop();
      client[Symbol.dispose]();
      void response;
      export {};`;
    expect(wrongLines(program, options)).toEqual([]);
  });
});
