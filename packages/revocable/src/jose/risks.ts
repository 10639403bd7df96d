/** What is risky about a token that verifies: for `inspect` and a signer's `warn`. A JWT is readable by anyone. */
import type { Claims } from './claims.ts';
import type { JoseHeader } from './header.ts';

export interface Risk {
  readonly code: 'no-expiry' | 'long-life' | 'unknown-crit' | 'huge' | 'personal-data';
  readonly message: string;
}

const DAY = 86_400;
/** Browsers and proxies cut headers at 8 KiB or less. */
const HUGE = 4096;

/** Words that name what no token should carry, compared with claim names in lower case without separators. */
const PRIVATE_WORDS = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'apikey',
  'privatekey',
  'cardnumber',
  'creditcard',
];
const PRIVATE_NAMES = ['pwd', 'pin', 'pan', 'cvv', 'cvc', 'ssn', 'nationalid', 'passport', 'iban'];

/** The risks of claims and header; the length is that of the token, in characters. */
export function risksOf(header: JoseHeader, claims: Claims, length: number): readonly Risk[] {
  return [...lifeRisks(claims), ...headerRisks(header), ...sizeRisks(length), ...dataRisks(claims)];
}

function lifeRisks({ exp, iat, nbf }: Claims): Risk[] {
  if (exp === undefined)
    return [{ code: 'no-expiry', message: 'It never expires: whoever finds it can use it for ever.' }];
  const start = iat ?? nbf;
  const days = start === undefined ? 0 : Math.round((exp - start) / DAY);
  if (days <= 1) return [];
  return [
    {
      code: 'long-life',
      message: `It lives for ${days} days: access tokens live for minutes and are refreshed.`,
    },
  ];
}

function headerRisks(header: JoseHeader): Risk[] {
  if (header.crit === undefined) return [];
  return [
    {
      code: 'unknown-crit',
      message: 'It has a "crit" header: verifiers that do not understand it must refuse it.',
    },
  ];
}

function sizeRisks(length: number): Risk[] {
  if (length <= HUGE) return [];
  return [
    {
      code: 'huge',
      message: `It has ${length} characters: cookies end at 4096, many servers' headers at 8192.`,
    },
  ];
}

function dataRisks(claims: Claims): Risk[] {
  const risks: Risk[] = [];
  for (const [name, value] of Object.entries(claims)) {
    const plain = name.toLowerCase().replaceAll('_', '').replaceAll('-', '');
    const named = PRIVATE_NAMES.includes(plain) || PRIVATE_WORDS.some(word => plain.includes(word));
    if (named || (typeof value === 'string' && isCardNumber(value)))
      risks.push({
        code: 'personal-data',
        message: `The claim ${JSON.stringify(name.slice(0, 40))} looks like a password, card or national id: a JWT is readable by anyone.`,
      });
  }
  return risks;
}

/** ISO/IEC 7812-1: 13 to 19 digits with a Luhn check digit. */
function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(' ', '').replaceAll('-', '');
  if (digits.length < 13 || digits.length > 19) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (digit < 0 || digit > 9) return false;
    const weighted = i % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}
