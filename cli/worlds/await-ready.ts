import { setTimeout as wait } from 'node:timers/promises';
import { CommandError } from '../errors.ts';
import type { WorldProcess } from './world-process.ts';

const pollMs = 20;
/**
 * How often the process is asked at most, for a minute in all: the server behind it compiles its
 * configuration, which takes tenths of a second, and more where all worlds do so at once.
 */
const attemptsMax = 3_000;
const answerLimitMs = 5_000;

type Fronting = Pick<WorldProcess, 'kind' | 'kindName' | 'name' | 'address' | 'isAlive' | 'process'>;

/**
 * A process that runs a server in front of the replicas listens before it knows them, and passes nothing on until that server does. This
 * resolves once it answers that it is ready; at once for all others.
 */
export async function awaitReady(fronting: Fronting, signal: AbortSignal): Promise<void> {
  const { kind, kindName, name, address, isAlive, process } = fronting;
  if (kind.runs === undefined || address === null) return;
  for (let attempt = 0; attempt < attemptsMax && isAlive(); attempt += 1) {
    if (signal.aborted) throw new CommandError('interrupted', 'interrupted');
    if (await isReady(address)) return;
    await wait(pollMs);
  }
  throw new CommandError('serviceFailed', `the ${kindName} ${name} does not get ready`, {
    logFile: process.logFile,
  });
}

async function isReady(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/health/ready`, { signal: AbortSignal.timeout(answerLimitMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
