/** What a value is, by the tests of lodash that `jsonwebtoken` uses: objects around a primitive count too. */

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

export function isString(value: unknown): boolean {
  return typeof value === 'string' || (!Array.isArray(value) && isTagged(value, '[object String]'));
}

export function isNumber(value: unknown): boolean {
  return typeof value === 'number' || isTagged(value, '[object Number]');
}

export function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean' || isTagged(value, '[object Boolean]');
}

function isTagged(value: unknown, tag: string): boolean {
  return typeof value === 'object' && value !== null && tagOf(value) === tag;
}

const source = (value: unknown): string => Function.prototype.toString.call(value);
const OBJECT = source(Object);

/** True for an object that `Object` of any realm made, or that has no prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isTagged(value, '[object Object]')) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  const maker = Object.hasOwn(prototype as object, 'constructor') && (prototype as object).constructor;
  return typeof maker === 'function' && maker instanceof maker && source(maker) === OBJECT;
}
