/** The token service: mount it with `createService`, or start it with `serve`. */
export type { Origin } from './app.ts';
export type { ClientSettings } from './client-settings.ts';
export { serve } from './serve.ts';
export { createService, type Service } from './service.ts';
export type { ServiceConfig } from './service-config.ts';
