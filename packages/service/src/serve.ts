/** `revocable serve`: settings, ports, service, banner; and how it ends. */
import closeWithGrace from 'close-with-grace';
import { RevocableError } from 'revocable';
import { json } from './answer.ts';
import { banner } from './banner.ts';
import { type Environment, gatherSettings } from './config.ts';
import { openFoundation } from './foundation.ts';
import { type Listener, listen, PortError } from './listen.ts';
import { createLog, type Log } from './log.ts';
import { createOps, type Phase } from './ops.ts';
import { printedSettings } from './print-config.ts';
import type { OpenService } from './service.ts';
import { type GivenSettings, type Settings, settingsFrom } from './settings.ts';

const PORT_BUSY = 1;
const WRONG_USE = 2;

/**
 * Starts the service from a command line, and stays until a signal ends it.
 * @param argv the words after `serve`
 * @returns what the process should exit with: 0 after `--print-config` or a signal, 1 for a port that is busy, 2 for a
 * wrong setting or a store that cannot be used; what is wrong is one sentence on stderr
 */
export async function serve(argv: readonly string[], env: Environment): Promise<number> {
  try {
    const { given, printConfig } = gatherSettings(argv, env);
    const settings = settingsFrom(given);
    if (!printConfig) return await run(settings, given);
    process.stdout.write(printedSettings(given, settings));
    return 0;
  } catch (error) {
    if (!(error instanceof RevocableError || error instanceof PortError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof PortError ? PORT_BUSY : WRONG_USE;
  }
}

/** What is up at the moment. */
interface Running {
  phase: Phase;
  open: OpenService | undefined;
}

async function run(asked: Settings, given: GivenSettings): Promise<number> {
  const log = createLog(asked.log_level);
  const running: Running = { phase: 'starting', open: undefined };
  const listeners: Listener[] = [];
  try {
    // The ports first: when one is busy, nothing else has been touched.
    const main = await listen(asked.host, asked.port, '--port', (request, origin) =>
      answer(running, request, origin),
    );
    listeners.push(main);
    listeners.push(
      await listen(
        asked.ops_host,
        asked.ops_port,
        '--ops-port',
        createOps(() => running),
      ),
    );
    const settings = given.has('issuer') ? asked : { ...asked, issuer: `http://localhost:${main.port}` };
    running.open = await open(settings, log);
    running.phase = 'ready';
    const { issuer, store } = settings;
    // Whoever reads the banner may send a signal at once.
    const ended = untilSignal(running, listeners, settings, log);
    process.stdout.write(
      banner({ issuer, store, seconds: performance.now() / 1000, password: running.open.madePassword }),
    );
    return await ended;
  } catch (error) {
    await Promise.all(listeners.map(listener => listener.stop(0)));
    throw error;
  }
}

/** Store and authority open in other threads, which is time enough to load the pages and what they stand on. */
async function open(settings: Settings, log: Log): Promise<OpenService> {
  const opening = openFoundation(settings);
  opening.catch(() => undefined); // whoever awaits it hears of it
  const { openService } = await import('./service.ts');
  return openService(settings, log, opening);
}

function answer(
  { open }: Running,
  request: Request,
  origin: { readonly address: string },
): Response | Promise<Response> {
  if (open !== undefined) return open.service.fetch(request, origin);
  const body = {
    error: 'temporarily_unavailable',
    error_description: 'The service is starting.',
    action: 'retry',
  };
  return json(body, 503, { 'retry-after': '1' });
}

/** How long running requests may take to finish. */
const FINISH_MS = 5000;

/** SIGTERM: not ready, wait until load balancers have seen it, refuse connections, end streams, finish requests, close. */
function untilSignal(
  running: Running,
  [main, ops]: readonly Listener[],
  settings: Settings,
  log: Log,
): Promise<number> {
  const drainMs = settings.drain * 1000;
  return new Promise(resolve => {
    let stop: StopSignal | undefined;
    const grace = closeWithGrace(
      { delay: drainMs + 2 * FINISH_MS, logger: log, skip: [...STOP_SIGNALS] },
      async ({ err }) => {
        if (err !== undefined) log.fatal({ error: err.message, stack: err.stack }, 'unforeseen: closing');
        running.phase = 'draining';
        if (stop === 'SIGTERM') await new Promise(waited => setTimeout(waited, drainMs));
        running.open?.endStreams();
        await main?.stop(FINISH_MS);
        await running.open?.service.close();
        await ops?.stop(0);
        log.info('closed');
        resolve(err === undefined ? 0 : 1);
      },
    );
    onStopSignal(signal => {
      stop = signal;
      grace.close();
    });
  });
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

/** A terminal and npm both pass on one Ctrl-C; whoever asks again later is in a hurry. */
const SAME_SIGNAL_MS = 1000;

function onStopSignal(stop: (signal: StopSignal) => void): void {
  let firstAt: number | undefined;
  for (const signal of STOP_SIGNALS)
    process.on(signal, () => {
      if (firstAt !== undefined) {
        if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(1);
        return;
      }
      firstAt = performance.now();
      stop(signal);
    });
}
