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
}

/** The types of the DOM stay out of the package; this is what is taken from the browser. */
interface BrowserGlobals {
  readonly location?: { readonly href: string; assign(url: string): void };
  readonly navigator?: { readonly locks?: PageLocks };
  readonly BroadcastChannel?: new (name: string) => PageChannel;
}

/** The page that this script runs in. */
export function systemPage(): Page {
  const { location, navigator, BroadcastChannel } = globalThis as unknown as BrowserGlobals;
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
  };
}
