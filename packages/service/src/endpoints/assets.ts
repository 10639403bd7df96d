/** The style sheet, the script and the icon of our pages. */
import { document } from '../answer.ts';
import type { Call } from '../call.ts';
import { ASSETS, type Asset } from '../pages/layout.ts';

const YEAR_S = 31_536_000;

/** Their addresses change with their text. */
const asset =
  ({ tag, text, type }: Asset) =>
  async ({ request }: Call): Promise<Response> =>
    document(request, text, type, `"${tag}"`, YEAR_S);

export const style: (call: Call) => Promise<Response> = asset(ASSETS.style);
export const script: (call: Call) => Promise<Response> = asset(ASSETS.script);

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2451c7"/><path d="M9 17a7 7 0 1 0 3-7M9 6v6h6" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

export async function icon({ request }: Call): Promise<Response> {
  return document(request, ICON, 'image/svg+xml', '"icon-1"', YEAR_S);
}
