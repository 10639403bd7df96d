/** Claims that look like what no token should carry: passwords, keys, cards, national ids. A JWT is readable by anyone. */

/** Where it stands, as "user.card", and what it looks like. */
export interface Exposure {
  readonly path: string;
  readonly looksLike: string;
}

const CARD = 'a payment card';

/** Names in lower case without separators; with a star, what they hold. */
const NAMES: readonly (readonly [looksLike: string, words: string])[] = [
  ['a password', 'pwd|pass|pw|pin|otp|*password|*passwd|*passphrase|*passcode'],
  ['a secret', '*secret|*apikey|*privatekey|*accesskey'],
  [CARD, 'pan|cvv|cvc|cvv2|ccnumber|ccn|*cardnumber|*creditcard|*debitcard'],
  [
    'a national id',
    'ssn|nin|nino|sin|cpf|dni|nie|bsn|passport|aadhaar|curp|*socialsecurity|*nationalid|*passportn|*taxid|*idcard',
  ],
  ['a bank account', 'iban'],
];

/**
 * What in the claims looks like it, once a claim.
 * @param ofText what a text looks like, whatever the name of its claim
 */
export function exposuresOf(
  claims: object,
  ofText: (text: string) => string | undefined,
  prefix = '',
): readonly Exposure[] {
  return Object.entries(claims).flatMap(([name, value]: [string, unknown]) => {
    const path = prefix + name;
    if (typeof value === 'object') return exposuresOf(value ?? {}, ofText, `${path}.`);
    // A name tells only with a value that can be it: `"password_changed": true` is none.
    if (typeof value === 'boolean') return [];
    const looksLike = ofName(name) ?? (typeof value === 'string' ? ofText : looksLikeCard)(String(value));
    return looksLike === undefined ? [] : [{ path, looksLike }];
  });
}

function ofName(name: string): string | undefined {
  const plain = name.toLowerCase().replaceAll('_', '').replaceAll('-', '');
  // `password_changed_at` and `secret_expires` are dates.
  const isDate = plain.endsWith('at') || plain.endsWith('expires');
  const fits = (word: string): boolean =>
    word.startsWith('*') ? !isDate && plain.includes(word.slice(1)) : plain === word;
  return NAMES.find(([, words]) => words.split('|').some(fits))?.[0];
}

/** ISO/IEC 7812-1: 15 or 16 digits, perhaps in groups, of an industry that makes cards, with a Luhn check digit. */
export function looksLikeCard(text: string): string | undefined {
  const digits = text.replaceAll(' ', '').replaceAll('-', '');
  if ((digits.length !== 15 && digits.length !== 16) || !'23456'.includes(digits.charAt(0))) return undefined;
  let sum = 0;
  for (let at = 1; at <= digits.length; at++) {
    const weighted = Number(digits.at(-at)) * (2 - (at % 2));
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0 ? CARD : undefined;
}
