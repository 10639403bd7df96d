/** The operators' port: health and metrics. */
import { json } from './answer.ts';
import type { Answer } from './listen.ts';
import type { Opened } from './open.ts';
import type { Parts } from './parts.ts';

export type Phase = 'starting' | 'ready' | 'draining';

export interface OpsState {
  readonly phase: Phase;
  readonly open: Pick<Opened, 'parts' | 'updateGauges'> | undefined;
}

/** How long the store may take to say that it is there. */
const PATIENCE_MS = 1000;

export function createOps(state: () => OpsState): Answer {
  const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
    '/health/live': () => json({ status: 'live' }),
    '/health/ready': () => ready(state()),
    '/metrics': () => metrics(state()),
  };
  return request => {
    const path = new URL(request.url).pathname;
    if (!Object.hasOwn(answers, path)) return json({ error: 'not_found' }, 404);
    return answers[path]?.() ?? json({ error: 'not_found' }, 404);
  };
}

/** In an outage of the store still 200: taking every instance out of service at once would help nobody. */
async function ready({ phase, open }: OpsState): Promise<Response> {
  if (phase !== 'ready' || open === undefined) return json({ status: phase }, 503);
  return json({ status: 'ready', store: (await isStoreUp(open.parts)) ? 'up' : 'down' });
}

async function isStoreUp({ authority }: Parts): Promise<boolean> {
  const late = new Promise<boolean>(resolve => {
    setTimeout(() => resolve(false), PATIENCE_MS).unref();
  });
  const answered = authority.probe({ name: undefined }).then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]);
}

async function metrics({ open }: OpsState): Promise<Response> {
  if (open === undefined) return json({ status: 'starting' }, 503);
  await open.updateGauges();
  const { registry } = open.parts.metrics;
  return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
}
