import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { CommandError } from '../../cli/errors.ts';
import type { StackContext } from '../../cli/stack/stack-context.ts';
import type { Assignment, Launched } from './bench.ts';
import type { Order, Report } from './contestant-messages.ts';

/** The slowest contestant answers a failing load after eleven seconds, and filling takes a few. */
const answerLimitMs = 120_000;

/** The next report of the process. Rejects when it fails, ends, hangs, or the command is interrupted. */
function nextReport(child: ChildProcess, label: string, signal: AbortSignal): Promise<Report> {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const fail = (what: string) => reject(new CommandError('serviceFailed', `${label} ${what}`));
  const onMessage = (message: unknown) => {
    const report = message as Report;
    if (report.type === 'failed') fail(`failed: ${report.reason}`);
    else resolve(report);
  };
  const onExit = () => fail('ended by itself');
  const onAbort = () => fail('was interrupted');
  const limit = setTimeout(() => fail('does not answer'), answerLimitMs);
  child.once('message', onMessage).once('exit', onExit);
  signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => {
    clearTimeout(limit);
    child.off('message', onMessage).off('exit', onExit);
    signal.removeEventListener('abort', onAbort);
  });
}

/** Starts a process for a contestant and prepares it. */
export async function launchContestant(context: StackContext, assignment: Assignment): Promise<Launched> {
  const { signal, environment } = context;
  const child = fork(join(import.meta.dirname, 'contestant-process.ts'), [], {
    env: environment.ofChildren,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ask = async (order: Order): Promise<Report> => {
    const report = nextReport(child, assignment.label, signal);
    child.send(order);
    return report.catch((error: unknown) => {
      kill();
      throw error;
    });
  };
  child.once('exit', () => process.off('exit', kill));
  const first = await ask({ type: 'prepare', assignment });
  return {
    pid: child.pid ?? 0,
    info: first.type === 'prepared' ? first.info : '',
    measure: async () => {
      const report = await ask({ type: 'measure' });
      kill();
      return report.type === 'measured' ? report.figures : {};
    },
    stop: () => {
      if (child.connected) child.send({ type: 'stop' } satisfies Order);
    },
  };
}
