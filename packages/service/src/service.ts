/** The token service as one `fetch`, to mount anywhere. */
import { createApp, type Origin } from './app.ts';
import { givenIn } from './config.ts';
import { type Foundation, openFoundation } from './foundation.ts';
import { createLog, type Log } from './log.ts';
import { type Opened, openParts } from './open.ts';
import type { ServiceConfig } from './service-config.ts';
import { type Settings, settingsFrom } from './settings.ts';

export interface Service {
  /**
   * Answers a request.
   * @param origin `address`: where it came from, for the limits and the list of devices
   */
  fetch(request: Request, origin?: Origin): Promise<Response>;
  /** Ends streams, closes the authority and the store. Finish the requests before. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a token service.
 * @param config the settings, named as in the JSON file of `REVOCABLE_CONFIG`
 * @throws {ConfigError} ERR_CONFIG_INVALID in one sentence that names the setting
 * @example
 * const service = await createService({ store: 'memory:', issuer: 'http://localhost:4700' });
 * const answer = await service.fetch(new Request('http://localhost:4700/.well-known/jwks.json'));
 */
export async function createService(config: ServiceConfig = {}): Promise<Service> {
  const settings = settingsFrom(givenIn(config));
  const log = createLog(settings.log_level);
  return (await openService(settings, log, openFoundation(settings))).service;
}

/** For the listener, which also shows the first password and the metrics. */
export interface OpenService extends Opened {
  readonly service: Service;
}

/** @param opening what takes longest, begun before this file was loaded */
export async function openService(
  settings: Settings,
  log: Log,
  opening: Promise<Foundation>,
): Promise<OpenService> {
  const opened = await openParts(settings, log, opening);
  const app = createApp(opened.parts);
  const { close } = opened;
  const service: Service = {
    fetch: async (request, origin = { address: '' }) => app.fetch(request, origin),
    close,
    [Symbol.asyncDispose]: close,
  };
  return { ...opened, service };
}
