/** `revocable serve`: the token service, where it is installed. */
import { ConfigError } from '../index.ts';
import type { Invocation } from './command.ts';

/** In a variable, so that no bundler looks for what need not be there. */
const SERVICE = '@revocable/service';
/** Its listener alone, which loads the rest when it has begun to open the store. */
const ENTRY: string = `${SERVICE}/serve`;

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
    service = (await import(ENTRY)) as Partial<Service>;
  } catch (cause) {
    if (codeOf(cause) === 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw otherVersion();
    throw isNotFound(cause) ? missing(cause) : cause;
  }
  if (typeof service.serve !== 'function') throw otherVersion();
  return service as Service;
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

const otherVersion = (): ConfigError =>
  new ConfigError(
    `The installed ${SERVICE} has another version than this command: npm install ${SERVICE}@latest`,
  );

function isNotFound(error: unknown): error is Error {
  const code = codeOf(error);
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

/** It, or something that it needs. */
function missing(cause: Error): ConfigError {
  const isItself = cause.message.includes(`'${SERVICE}'`);
  const message = isItself
    ? `The token service is a package of its own: npm install ${SERVICE}`
    : `${SERVICE} is installed, but it is not built or needs another package that is not installed: npm install`;
  return new ConfigError(message, { cause });
}
