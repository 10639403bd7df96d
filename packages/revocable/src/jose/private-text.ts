/** Texts that tell by themselves what they are, whatever their claim is called: keys, hashes of passwords, other tokens, cards, national ids. */
import { nationalIdOf } from './national-id.ts';
import { looksLikeCard } from './personal-data.ts';

/** Keys of well-known services begin so, and hashes of passwords. */
const BEGINNINGS: readonly string[] = [
  ...['-----BEGIN ', 'AKIA', 'ghp_', 'gho_', 'github_pat_', 'glpat-', 'sk_live_', 'rk_live_', 'xoxb-'],
  ...['xoxp-', 'npm_', 'AIza', '$2a$', '$2b$', '$2y$', '$argon2', '$scrypt', '$6$', '$5$', '$1$'],
];

/** What a text looks like; undefined when it looks harmless. */
export function looksPrivate(text: string): string | undefined {
  if (BEGINNINGS.some(beginning => text.startsWith(beginning))) return 'a secret or the hash of one';
  if (isToken(text)) return 'another token';
  const country = nationalIdOf(text);
  return country === undefined ? looksLikeCard(text) : `a national id (${country})`;
}

/** `{"` in base64url, twice. */
function isToken(text: string): boolean {
  const [header, payload] = text.split('.', 4);
  return header?.startsWith('eyJ') === true && payload?.startsWith('eyJ') === true;
}
