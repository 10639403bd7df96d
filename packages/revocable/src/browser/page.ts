/** What the client needs of a browser, as a port: the tests put several tabs of their own behind it. */

/** The part of `navigator.locks` that is used: Web Locks, `LockManager.request`. */
export interface PageLocks {
  request(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    callback: (lock: unknown) => unknown,
  ): Promise<unknown>;
}

/** The part of a `BroadcastChannel` that is used. It does not hear itself. */
export interface PageChannel {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface Page {
  fetch(request: Request): Promise<Response>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after `delayMs`; what it returns stops that. */
  set(callback: () => void, delayMs: number): () => void;
  /** Absent where the page is not a secure context. */
  readonly locks: PageLocks | undefined;
  readonly openChannel: ((name: string) => PageChannel) | undefined;
  /** The address that is open, for `return_to` and for relative URLs. */
  href(): string;
  navigate(url: string): void;
  /** Shows another address, of the same origin, without loading it. */
  replace(url: string): void;
  /** 32 bytes in base64url. */
  random(): string;
  /** In base64url; only where the page is a secure context. */
  sha256(text: string): Promise<string>;
  /** Keeps a text for this tab alone, also over other pages; `take` gets and removes it. */
  store(key: string, text: string): void;
  take(key: string): string | null;
}

/** The types of the DOM stay out of the package; this is what is taken from the browser. */
interface BrowserGlobals {
  readonly location?: { readonly href: string; assign(url: string): void };
  readonly navigator?: { readonly locks?: PageLocks };
  readonly history?: { replaceState(state: unknown, unused: string, url: string): void };
  readonly sessionStorage?: {
    getItem(key: string): string | null;
    setItem(key: string, text: string): void;
    removeItem(key: string): void;
  };
  readonly BroadcastChannel?: new (name: string) => PageChannel;
}

/** The page that this script runs in. */
export function systemPage(): Page {
  const browser = globalThis as unknown as BrowserGlobals;
  const { location, navigator, BroadcastChannel } = browser;
  return {
    fetch: request => fetch(request),
    now: () => Date.now(),
    set(callback, delayMs) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    locks: navigator?.locks,
    openChannel: BroadcastChannel && (name => new BroadcastChannel(name)),
    href: () => location?.href ?? '',
    navigate: url => location?.assign(url),
    replace: url => browser.history?.replaceState(null, '', url),
    random: () => base64url(crypto.getRandomValues(new Uint8Array(32))),
    sha256: async text =>
      base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))),
    store: (key, text) => browser.sessionStorage?.setItem(key, text),
    take(key) {
      const text = browser.sessionStorage?.getItem(key) ?? null;
      browser.sessionStorage?.removeItem(key);
      return text;
    },
  };
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
