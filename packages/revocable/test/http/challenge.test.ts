import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorCodes, RequestError, RevocableError, TokenClaimError, TokenRevokedError } from '#errors';
import { refusalOf } from '#http/index';

const refusals = errorCodes.map(code => refusalOf(new RevocableError(code, 'secret detail at 10.0.0.7')));

describe('the challenge table', () => {
  it('has a whole row for each code', () => {
    for (const { status, body, headers, error } of refusals) {
      expect([400, 401, 403, 500, 503]).toContain(status);
      expect(body).toMatchObject({ code: error.code, action: error.action });
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    }
  });

  it('never tells the client the words of an error', () => {
    for (const refusal of refusals)
      expect(JSON.stringify([refusal.body, refusal.headers])).not.toContain('10.0.0.7');
  });

  it('never calls an outage a verdict: 503 has Retry-After, no challenge, and the action retry', () => {
    const outages = refusals.filter(({ status }) => status === 503);
    expect(outages.length).toBeGreaterThan(5);
    for (const { headers, body } of outages) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(headers['www-authenticate']).toBeUndefined();
      expect(body).toMatchObject({ error: 'temporarily_unavailable', action: 'retry' });
    }
  });

  it('challenges with every 401, and names the error in each but that of nothing sent', () => {
    for (const { status, headers, body } of refusals.filter(refusal => refusal.status === 401)) {
      const challenge = headers['www-authenticate'];
      expect(status).toBe(401);
      if (body.code === 'ERR_TOKEN_MISSING') expect(challenge).toBe('Bearer realm="api"');
      else expect(challenge).toContain(`error="${body.error}"`);
    }
  });

  it('says "token not valid" of a revoked token, whatever took it back', () => {
    for (const scope of ['u:acme:ada', 'g', 'j:1'])
      for (const plane of ['a', 's'] as const) {
        const { body } = refusalOf(new TokenRevokedError(scope, plane, 'login'));
        expect(body).toEqual({
          error: 'invalid_token',
          error_description: 'token not valid',
          code: 'ERR_TOKEN_REVOKED',
          action: 'login',
        });
      }
    expect(refusalOf(new TokenRevokedError('g', 'a', 'refresh')).body.action).toBe('refresh');
  });

  it('keeps every text within the quotes of its header (RFC 6750 section 3)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, isClaim) => {
        const error = isClaim
          ? new TokenClaimError(text, 'invalid')
          : new RequestError('ERR_REQUEST_INVALID', text);
        const challenge = refusalOf(error).headers['www-authenticate'] ?? '';
        expect(challenge).toMatch(
          /^Bearer realm="api", error="[a-z_]+", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]*"$/,
        );
        expect(challenge.length).toBeLessThan(400);
      }),
    );
  });
});
