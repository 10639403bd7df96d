/** Server-sent events as an async iterable: HTML standard, section 9.2.6, over any stream of bytes. */
import { StoreError } from '../errors.ts';

export interface ServerEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** An event longer than this is no event of a feed: a snapshot comes in pieces of a thousand entries at most. */
const LONGEST_EVENT = 4 * 1024 * 1024;

/**
 * @throws {StoreError} ERR_STORE_CORRUPT for an event without end
 */
export async function* serverEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of bytes) {
    rest = (rest + decoder.decode(chunk, { stream: true })).replaceAll('\r\n', '\n'); // a chunk may end between the two
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const event = eventOf(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (event !== undefined) yield event;
    }
    if (rest.length > LONGEST_EVENT)
      throw new StoreError('ERR_STORE_CORRUPT', 'The feed sent an event without end.');
  }
}

/** Comments and events without data are nothing. */
function eventOf(block: string): ServerEvent | undefined {
  let event = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [name, value] = fieldOf(line);
    if (name === 'event') event = value;
    else if (name === 'id') id = value;
    else if (name === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, id, data: data.join('\n') };
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}
