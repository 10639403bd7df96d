/** A request of `node:http` as the guard sees it, and the refusal on its response: for every framework that stands on it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { GuardRequest, Refusal } from '../http/index.ts';

/** @param url where a framework has cut the beginning off `req.url`, the whole of it */
export function guardRequest(req: IncomingMessage, url: string | undefined = req.url): GuardRequest {
  const isSecure = (req.socket as Partial<TLSSocket> | undefined)?.encrypted === true;
  return { method: req.method ?? '', url, isSecure, header: name => header(req, name) };
}

/** `headers` would silently drop a second Authorization header; `headersDistinct` keeps it. */
function header(req: IncomingMessage, name: string): string | readonly string[] | undefined {
  const values = req.headersDistinct[name];
  if (values === undefined) return name === 'host' ? authority(req) : undefined;
  return values.length === 1 ? values[0] : values;
}

/** HTTP/2 has `:authority` in the place of Host: RFC 9113 section 8.3.1. */
function authority(req: IncomingMessage): string | undefined {
  const value = req.headers[':authority'];
  return typeof value === 'string' ? value : undefined;
}

/** Sends a refusal; the headers that were set before stay, such as those of CORS. */
export function answer(refusal: Refusal, res: ServerResponse): void {
  const body = JSON.stringify(refusal.body);
  res.writeHead(refusal.status, { ...refusal.headers, 'content-length': Buffer.byteLength(body) });
  res.end(body);
}
