import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseProcessMessage } from '../../app/contract/process-messages.ts';
import type { ProcessMessage, ProcessPorts } from '../../app/contract/process-messages.ts';
import { readEnvironment } from '../../cli/environment.ts';
import { forkBound } from './bound-fork.ts';

/** The service as a process of its own. */
export type ServiceProcess = {
  readonly child: ChildProcess;
  /** Resolves once it listens; rejects when it ends before. */
  readonly listening: Promise<ProcessPorts>;
  /** What it has told over its channel so far. */
  readonly told: readonly ProcessMessage[];
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** What it has written to stderr so far. */
  readonly stderr: () => string;
  /** Kills it when it still runs. */
  stop(): Promise<void>;
};

/**
 * Starts `app/main.ts`, another program of `app/`, or one by its whole path, with these variables and no others of the service; without
 * spans, which take a fifth more to start, unless they name another mode.
 */
export function startServiceProcess(
  environment: Readonly<Record<string, string>>,
  program = 'main.ts',
): ServiceProcess {
  const child = forkBound(pathToFileURL(resolve(import.meta.dirname, '..', '..', 'app', program)), {
    env: {
      ...readEnvironment().ofChildren,
      DARKROOM_PORT: '0',
      DARKROOM_TELEMETRY: 'metrics',
      ...environment,
    },
    stderr: 'pipe',
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // `close` does not come after a disconnect from here, so both of its halves are awaited.
  const silent = child.stderr === null ? null : once(child.stderr, 'close');
  const exited = Promise.all([once(child, 'exit'), silent]).then(([[code, signal]]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  const ended = exited.then(({ code }) => Promise.reject(new RangeError(`it ended with ${code}: ${stderr}`)));
  const told: ProcessMessage[] = [];
  const { promise: ready, resolve: tellReady } = Promise.withResolvers<ProcessPorts>();
  child.on('message', (message) => {
    const parsed = parseProcessMessage(message);
    if (parsed === null) return;
    told.push(parsed);
    if (parsed.type === 'listening') tellReady(parsed);
  });
  const listening = Promise.race([ready, ended]);
  listening.catch(() => {});
  return {
    child,
    listening,
    told,
    exited,
    stderr: () => stderr,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
