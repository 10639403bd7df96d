/** Random texts that people read: subjects, the first password. */
import { randomInt } from 'node:crypto';

/** Without 0 O 1 l I, which look alike. */
const READABLE = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';

const pick = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/** Four groups of four, such as `Zk3w-9QfT-h2Lm-Yx7P`: 93 bits. */
export const randomPassword = (): string => Array.from({ length: 4 }, () => pick(READABLE, 4)).join('-');

/** `u_` and 103 bits: it says nothing of the person and is never given twice. */
export const randomSubject = (): string => `u_${pick(LOWER, 20)}`;

/** For the log and the person who asks about an error. */
export const randomReference = (): string => pick(LOWER, 10);
