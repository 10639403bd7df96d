/** Hash slots of a Redis Cluster: which key belongs to which. */

const SLOTS = 16_384;

/** CRC-16/XMODEM over the part between the first `{` and the next `}`, when there is one that is not empty. */
export function slotOf(key: string): number {
  const from = key.indexOf('{');
  const to = from === -1 ? -1 : key.indexOf('}', from + 1);
  const tag = to > from + 1 ? key.slice(from + 1, to) : key;
  let crc = 0;
  for (const byte of Buffer.from(tag, 'utf8')) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc % SLOTS;
}

/** Commands of ours that name no key: they go where the command before them went. */
const KEYLESS = new Set(['WAIT', 'WAITAOF', 'INFO', 'SCAN', 'ROLE', 'ASKING', 'CLUSTER']);

/** The first key of a command of ours; all its keys lie in one slot. */
export function keyOf([name = '', ...words]: readonly string[]): string | undefined {
  if (KEYLESS.has(name)) return undefined;
  if (name.startsWith('EVAL')) return words[2];
  return name === 'XREAD' ? words[words.indexOf('STREAMS') + 1] : words[0];
}
