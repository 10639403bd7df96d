/** A bounded memory of what text or bytes were read as: by their content alone, so that a buffer may change afterwards. */
import { Buffer } from 'node:buffer';

/** Entries of a generation; two generations are kept. */
const ENTRIES = 256;
/** Longer texts are read anew each time. */
const LONGEST = 16_384;

/**
 * Remembers `read`. When a generation is full the one before it is forgotten, so what is in use stays and
 * neither a thousand tenants' keys nor a million grow without bound.
 */
export function remembering<T extends object>(
  read: (material: string | Uint8Array) => T,
): (material: string | Uint8Array) => T {
  const texts = generations<T>();
  const octets = generations<T>();
  return material => {
    if (material.length > LONGEST) return read(material);
    if (typeof material === 'string') return texts(material, () => read(material));
    const { buffer, byteOffset, byteLength } = material;
    return octets(Buffer.from(buffer, byteOffset, byteLength).toString('latin1'), () => read(material));
  };
}

function generations<T extends object>(): (content: string, make: () => T) => T {
  let young = new Map<string, T>();
  let old: ReadonlyMap<string, T> = new Map();
  return (content, make) => {
    const known = young.get(content);
    if (known !== undefined) return known;
    const value = old.get(content) ?? make();
    if (young.size >= ENTRIES) {
      old = young;
      young = new Map();
    }
    young.set(content, value);
    return value;
  };
}
