/** `revocable serve`: the token service, where it is installed. */
import { ConfigError } from '../index.ts';
import type { Invocation } from './command.ts';

/** In a variable, so that no bundler looks for what need not be there. */
const SERVICE = '@revocable/service';

interface Service {
  serve(
    argv: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<number | undefined>;
}

export async function run({ words, terminal }: Invocation): Promise<number | undefined> {
  const { serve } = await loadService();
  return serve([...words], terminal.env);
}

async function loadService(): Promise<Service> {
  let service: Partial<Service>;
  try {
    service = (await import(SERVICE)) as Partial<Service>;
  } catch (cause) {
    throw isMissing(cause)
      ? new ConfigError(`The token service is a package of its own: npm install ${SERVICE}`, { cause })
      : cause;
  }
  if (typeof service.serve !== 'function')
    throw new ConfigError(
      `The installed ${SERVICE} has another version than this command: npm install ${SERVICE}@latest`,
    );
  return service as Service;
}

/** It, and not something that it needs. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && error.message.includes(SERVICE);
}
