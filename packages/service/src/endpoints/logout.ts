/** `/logout`: a page with a button, and the end of the session, or of all sessions of this person. */
import { noContent, seeOther } from '../answer.ts';
import { cookieOf, removingCookie, signedInByCookie } from '../browser-session.ts';
import { type Call, type Form, mediaType, readFields, wantsJson } from '../call.ts';
import { page } from '../pages/layout.ts';
import { logoutPage } from '../pages/logout-page.ts';
import type { Parts } from '../parts.ts';
import { endSessionOf } from '../session-end.ts';

export async function showLogout(): Promise<Response> {
  return page(logoutPage());
}

export async function logout(call: Call, parts: Parts): Promise<Response> {
  const form = await fieldsOf(call);
  const isEverywhere = (form.get('all') ?? call.url.searchParams.get('all')) === 'true';
  const person = await signedInByCookie(call, parts);
  if (isEverywhere && person !== undefined) await parts.authority.revoke({ subject: person.subject });
  else await endSessionOf(cookieOf(call.request, parts.settings), parts);
  if (person !== undefined) {
    const { subject, session } = person;
    const event = isEverywhere ? 'signed_out_everywhere' : 'signed_out';
    await parts.store.audit.append({ event, actor: subject, subject, detail: { session } });
  }
  const removing = removingCookie(parts.settings);
  return wantsJson(call.request) ? noContent(removing) : seeOther(`${parts.settings.issuer}/login`, removing);
}

/** A program may send no body at all. */
async function fieldsOf({ request }: Call): Promise<Form> {
  return mediaType(request) === '' ? new Map() : readFields(request, ['all']);
}
