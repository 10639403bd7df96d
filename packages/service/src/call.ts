/** One request, as an endpoint sees it. */
import { bearerRefusal, invalidRequest } from './refusal.ts';

export interface Call {
  readonly request: Request;
  readonly url: URL;
  /** Where it came from, as far as it can be believed. */
  readonly address: string;
  /** A part of the path, such as the session's id. */
  param(name: string): string;
}

/** Enough for any form or order here, too little to fill the memory with. */
const LONGEST_BODY = 64 * 1024;

async function readBody(request: Request): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > LONGEST_BODY) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += (chunk as Uint8Array).byteLength;
    if (length > LONGEST_BODY) throw tooLarge();
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const tooLarge = () => invalidRequest(`The body is larger than ${LONGEST_BODY / 1024} KiB.`);

export function mediaType(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Whether the caller is a program that sends or wants JSON, rather than a person's form. */
export function wantsJson(request: Request): boolean {
  const accept = request.headers.get('accept') ?? '';
  return (
    mediaType(request) === 'application/json' ||
    (accept.includes('application/json') && !accept.includes('text/html'))
  );
}

/** Parameters by name. One without a value is absent: RFC 6749 section 3.2. */
export type Form = ReadonlyMap<string, string>;

/**
 * A form body with the parameters that the endpoint knows; others are ignored.
 * @throws {Refusal} invalid_request for another media type, or a known parameter that is repeated
 */
export async function readForm(request: Request, known: readonly string[]): Promise<Form> {
  if (mediaType(request) !== 'application/x-www-form-urlencoded')
    throw invalidRequest('The body must be application/x-www-form-urlencoded.');
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(await readBody(request))) {
    if (!known.includes(name) || value === '') continue;
    if (form.has(name)) throw invalidRequest(`The parameter "${name}" is repeated.`);
    form.set(name, value);
  }
  return form;
}

/** @throws {Refusal} invalid_request for anything but one JSON object */
export async function readJson(request: Request): Promise<Readonly<Record<string, unknown>>> {
  if (mediaType(request) !== 'application/json') throw invalidRequest('The body must be application/json.');
  const text = await readBody(request);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidRequest('The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidRequest('The body must be one JSON object.');
  return value as Record<string, unknown>;
}

/** The texts of a form or of a JSON object, whichever the body is. */
export async function readFields(request: Request, known: readonly string[]): Promise<Form> {
  if (mediaType(request) !== 'application/json') return readForm(request, known);
  const given = await readJson(request);
  const form = new Map<string, string>();
  for (const name of known) {
    const value = given[name];
    if (value === undefined || value === '') continue;
    if (typeof value !== 'string') throw invalidRequest(`"${name}" must be a text.`);
    form.set(name, value);
  }
  return form;
}

/** @throws {Refusal} invalid_request when it is absent */
export function required(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw invalidRequest(`The parameter "${name}" is missing.`);
  return value;
}

/** A credential of the Authorization header. Two headers arrive joined by a comma: RFC 9110 section 5.3. */
export interface Credential {
  readonly scheme: string;
  readonly value: string;
}

/** @throws {Refusal} invalid_request for two headers, or a scheme without anything behind it */
export function credentialOf(request: Request): Credential | undefined {
  const header = request.headers.get('authorization');
  if (header === null) return undefined;
  const [scheme = '', value = '', ...more] = header.trim().split(/ +/);
  if (header.includes(',') || more.length > 0 || value === '')
    throw invalidRequest('The Authorization header must be there once, with one scheme and one credential.');
  return { scheme: scheme.toLowerCase(), value };
}

/** An access token: RFC 6750 section 2.1, RFC 9449 section 7.1. */
export function tokenOf(request: Request): Credential | undefined {
  const credential = credentialOf(request);
  return credential?.scheme === 'bearer' || credential?.scheme === 'dpop' ? credential : undefined;
}

/** @throws {Refusal} 401 without an error code, as RFC 6750 section 3.1 asks where no token came */
export function requiredToken(request: Request): string {
  const token = tokenOf(request);
  if (token === undefined) throw bearerRefusal('missing');
  return token.value;
}
