import { describe, expect, it } from 'vitest';
import { type ServerEvent, serverEvents } from '#stores/event-source';

async function* chunks(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

async function eventsIn(...texts: (string | Uint8Array)[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of serverEvents(chunks(...texts))) events.push(event);
  return events;
}

const STREAM =
  ': hello\n\nevent: cut\nid: o.1\ndata: ["ü"]\n\nevent:key\ndata:{}\n\n:\n\ndata: a\ndata: b\n\nid: 9\n\n';
const EVENTS = [
  { event: 'cut', id: 'o.1', data: '["ü"]' },
  { event: 'key', id: undefined, data: '{}' },
  { event: 'message', id: undefined, data: 'a\nb' },
];

describe('server-sent events', () => {
  it('are read whole, comments and events without data left out', async () => {
    expect(await eventsIn(STREAM)).toEqual(EVENTS);
  });

  it.each([['\n'], ['\r\n']])('are read however their bytes are cut, with line ends %j', async end => {
    const bytes = new TextEncoder().encode(STREAM.replaceAll('\n', end));
    for (let at = 0; at < bytes.length; at += 1)
      expect(await eventsIn(bytes.slice(0, at), bytes.slice(at))).toEqual(EVENTS);
  });

  it('are nothing before they end', async () => {
    expect(await eventsIn('event: cut\ndata: []\n')).toEqual([]);
  });

  it('without end are refused', async () => {
    const mebibyte = 'x'.repeat(1024 * 1024);
    const reading = eventsIn('data: ', ...Array.from({ length: 5 }, () => mebibyte));
    await expect(reading).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' });
  });
});
