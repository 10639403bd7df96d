/** Claims that look like what no token should carry: passwords, keys, cards, national ids. A JWT is readable by anyone. */

/** Where it stands, as "user.card", and what it looks like. */
export interface Exposure {
  readonly path: string;
  readonly looksLike: string;
}

/** Words that tell a name, in lower case without separators: parts of one, and whole ones. */
const NAME_PARTS: readonly (readonly [part: string, looksLike: string])[] = [
  ...(['password', 'passwd', 'passphrase', 'passcode'] as const).map(part => [part, 'a password'] as const),
  ...(['secret', 'apikey', 'privatekey', 'accesskey'] as const).map(part => [part, 'a secret'] as const),
  ...(['cardnumber', 'creditcard', 'debitcard'] as const).map(part => [part, 'a payment card'] as const),
  ...(['socialsecurity', 'nationalid', 'passportn', 'taxid', 'idcard'] as const).map(
    part => [part, 'a national id'] as const,
  ),
];
const WHOLE_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['pwd', 'pass', 'pw', 'pin', 'otp'].map(name => [name, 'a password'])),
  ...Object.fromEntries(
    ['pan', 'cvv', 'cvc', 'cvv2', 'ccnumber', 'ccn'].map(name => [name, 'a payment card']),
  ),
  ...Object.fromEntries(
    ['ssn', 'nin', 'nino', 'sin', 'cpf', 'dni', 'nie', 'bsn', 'passport', 'aadhaar', 'curp'].map(name => [
      name,
      'a national id',
    ]),
  ),
  iban: 'a bank account',
};

/** Beginnings that keys of well-known services have. */
const SECRET_BEGINNINGS: readonly string[] = [
  ...[
    '-----BEGIN ',
    'AKIA',
    'ghp_',
    'gho_',
    'github_pat_',
    'glpat-',
    'sk_live_',
    'rk_live_',
    'xoxb-',
    'xoxp-',
    'npm_',
    'AIza',
  ],
  ...['$2a$', '$2b$', '$2y$', '$argon2', '$scrypt', '$6$', '$5$', '$1$'],
];

const DEEPEST = 8;

/** What in the claims looks like it, once a claim. */
export function exposuresOf(claims: Readonly<Record<string, unknown>>): readonly Exposure[] {
  const found: Exposure[] = [];
  walk(claims, [], found);
  return found;
}

function walk(value: unknown, path: readonly string[], found: Exposure[]): void {
  if (path.length > DEEPEST) return;
  const looksLike = path.length === 0 ? undefined : (ofName(path.at(-1) ?? '', value) ?? ofValue(value));
  if (looksLike !== undefined) found.push({ path: path.join('.'), looksLike });
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) walk(member, [...path, name], found);
}

/** A name tells only with a value that can be it: `"password_changed": true` is none. */
function ofName(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const plain = name.toLowerCase().replaceAll('_', '').replaceAll('-', '');
  if (Object.hasOwn(WHOLE_NAMES, plain)) return WHOLE_NAMES[plain];
  const part = NAME_PARTS.find(([word]) => plain.includes(word));
  return plain.endsWith('at') || plain.endsWith('expires') ? undefined : part?.[1];
}

function ofValue(value: unknown): string | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && isCard(String(value)) ? 'a payment card' : undefined;
  if (typeof value !== 'string' || value.length > 4096) return undefined;
  if (SECRET_BEGINNINGS.some(beginning => value.startsWith(beginning))) return 'a secret or the hash of one';
  const parts = value.split('.');
  if (parts.length === 3 && parts[0]?.startsWith('eyJ') && parts[1]?.startsWith('eyJ'))
    return 'another token';
  const shape = shapeOf(value);
  return (
    SHAPES.find(row => row.shapes.includes(shape) && row.holds(value))?.looksLike ??
    (isCard(value) ? 'a payment card' : undefined)
  );
}

/** The text with each digit as 9 and each letter as A, so that a form is compared, not matched. */
function shapeOf(value: string): string {
  if (value.length > 34) return '';
  return Array.from(value.toUpperCase(), character => {
    if (character >= '0' && character <= '9') return '9';
    return character >= 'A' && character <= 'Z' ? 'A' : character;
  }).join('');
}

interface Shape {
  readonly shapes: readonly string[];
  readonly looksLike: string;
  holds(value: string): boolean;
}

/** Forms with separators that nothing else has, or with check digits. */
const SHAPES: readonly Shape[] = [
  {
    shapes: ['999-99-9999'],
    looksLike: 'a national id (US social security number)',
    holds: value => !value.startsWith('000') && !value.startsWith('9'),
  },
  { shapes: ['999.999.999-99', '99999999999'], looksLike: 'a national id (Brazilian CPF)', holds: isCpf },
  { shapes: ['99999999A', 'A9999999A'], looksLike: 'a national id (Spanish DNI or NIE)', holds: isDni },
  {
    shapes: ['999999999999999999', '99999999999999999A'],
    looksLike: 'a national id (Chinese identity card)',
    holds: isChineseId,
  },
  {
    shapes: ['9999 9999 9999'],
    looksLike: 'a national id (Indian Aadhaar)',
    holds: value => value.charAt(0) > '1',
  },
  { shapes: ['AAAAAA99A99A999A'], looksLike: 'a national id (Italian codice fiscale)', holds: () => true },
];

function digitsOf(value: string): number[] {
  return Array.from(value)
    .filter(character => character >= '0' && character <= '9')
    .map(Number);
}

/** Receita Federal: two check digits, modulo 11. */
function isCpf(value: string): boolean {
  const digits = digitsOf(value);
  if (new Set(digits).size === 1) return false;
  const check = (count: number): number => {
    const sum = digits.slice(0, count).reduce((total, digit, at) => total + digit * (count + 1 - at), 0);
    return ((sum * 10) % 11) % 10;
  };
  return check(9) === digits[9] && check(10) === digits[10];
}

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';

function isDni(value: string): boolean {
  const upper = value.toUpperCase();
  const lead = 'XYZ'.indexOf(upper.charAt(0));
  const number = Number(lead === -1 ? upper.slice(0, 8) : `${lead}${upper.slice(1, 8)}`);
  return DNI_LETTERS.charAt(number % 23) === upper.charAt(8);
}

/** GB 11643-1999: ISO 7064 modulo 11-2. */
function isChineseId(value: string): boolean {
  const digits = Array.from(value.toUpperCase(), character => (character === 'X' ? 10 : Number(character)));
  const sum = digits.reduce((total, digit, at) => total + digit * (2 ** (17 - at) % 11), 0);
  return sum % 11 === 1;
}

const CARD_BEGINNINGS: readonly string[] = [
  '34',
  '35',
  '36',
  '37',
  '38',
  '4',
  '51',
  '52',
  '53',
  '54',
  '55',
  '2',
  '60',
  '62',
  '64',
  '65',
];

/** ISO/IEC 7812-1: 15 or 16 digits, perhaps in groups, with a Luhn check digit, and a beginning that is in use. */
function isCard(value: string): boolean {
  const plain = value.replaceAll(' ', '').replaceAll('-', '');
  const digits = digitsOf(plain);
  if (digits.length !== plain.length || digits.length < 15 || digits.length > 16) return false;
  if (!CARD_BEGINNINGS.some(beginning => plain.startsWith(beginning))) return false;
  const sum = digits.reverse().reduce((total, digit, at) => {
    const weighted = at % 2 === 1 ? digit * 2 : digit;
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
  return sum % 10 === 0;
}
