/** Numbers that states give to people, where their form is that of nothing else or has check digits. */

interface Form {
  /** Each digit as 9 and each letter as A, between bars. */
  readonly shapes: string;
  readonly country: string;
  holds(value: string): boolean;
}

const FORMS: readonly Form[] = [
  {
    shapes: '|999-99-9999|',
    country: 'US social security number',
    holds: value => !value.startsWith('000') && !value.startsWith('9'),
  },
  { shapes: '|999.999.999-99|99999999999|', country: 'Brazilian CPF', holds: isCpf },
  { shapes: '|99999999A|A9999999A|', country: 'Spanish DNI or NIE', holds: isDni },
  {
    shapes: '|999999999999999999|99999999999999999A|',
    country: 'Chinese identity card',
    holds: isChineseId,
  },
  { shapes: '|9999 9999 9999|', country: 'Indian Aadhaar', holds: value => value > '2' },
  { shapes: '|AAAAAA99A99A999A|', country: 'Italian codice fiscale', holds: () => true },
];
const LONGEST = 19;

/** Whose national id a text looks like; undefined when it looks like none. */
export function nationalIdOf(value: string): string | undefined {
  if (value.length > LONGEST) return undefined;
  const shape = `|${shapeOf(value)}|`;
  return FORMS.find(({ shapes, holds }) => shapes.includes(shape) && holds(value))?.country;
}

/** So that a form is compared, not matched. */
function shapeOf(value: string): string {
  return Array.from(value.toUpperCase(), character => {
    if (isDigit(character)) return '9';
    return character >= 'A' && character <= 'Z' ? 'A' : character;
  }).join('');
}

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** Receita Federal: two check digits, modulo 11. */
function isCpf(value: string): boolean {
  const digits = Array.from(value).filter(isDigit).map(Number);
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
