import { parseProcessMessage } from '../../app/contract/process-messages.ts';
import type { ProcessFailure, ProcessMessage } from '../../app/contract/process-messages.ts';
import { CommandError } from '../errors.ts';
import { reasonOfEnd } from '../stack/reason-of-end.ts';
import type { Exit, SupervisedProcess } from '../stack/supervised-process.ts';
import type { ProcessName } from './world-process.ts';

/** How a start ends that the process itself tells of. */
type ToldStart = Extract<ProcessMessage, { readonly type: 'listening' | 'failed' }>;

/** A start takes about a second of CPU, and all processes start at once: two minutes mean that it hangs. */
const startLimitMs = 120_000;

/** Resolves with what the process tells of its start; rejects when it dies without a word, hangs, or is not wanted any more. */
export function awaitStart(
  child: SupervisedProcess,
  who: ProcessName,
  signal: AbortSignal,
): Promise<ToldStart> {
  const { promise, resolve, reject } = Promise.withResolvers<ToldStart>();
  const fail = (what: string, exit: Exit | null = null) =>
    reject(errorOf(child, who, `${what}: ${reasonOfEnd(child, exit)}`));
  const limit = setTimeout(() => fail('did not start within two minutes'), startLimitMs);
  const abort = () => fail('was interrupted while it started');
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  child.onMessage((message) => {
    const told = parseProcessMessage(message);
    if (told !== null && told.type !== 'drained') resolve(told);
  });
  child.heardOut.then((exit) => fail(endedAtStart, exit), reject);
  return promise.finally(() => {
    clearTimeout(limit);
    signal.removeEventListener('abort', abort);
  });
}

const endedAtStart = 'ended while it started';

const ofStores = 'Without REDIS_URL and DATABASE_URL servers are started that are set up so.';

/** What a server must be, or be set up for, and what helps; the words of the failure say the rest. */
const remedies: ReadonlyMap<string, string> = new Map([
  ['REDIS_NOT_DURABLE', ofStores],
  ['CHANGE_STREAM_UNAVAILABLE', ofStores],
  ['EDGE_FAILED', 'To unpack Varnish anew: darkroom clean. Or leave edge=on out.'],
]);

/** What the user is told of a start that failed. */
export function startError(
  child: SupervisedProcess,
  who: ProcessName,
  failure: ProcessFailure,
): CommandError {
  const { code, message } = failure;
  const remedy = remedies.get(code);
  if (remedy === undefined)
    return errorOf(child, who, `${endedAtStart}: darkroom ${who.kindName}: ${code}: ${message}`);
  return new CommandError('cannotProvision', message, { logFile: child.logFile, remedy });
}

function errorOf(
  { logFile }: SupervisedProcess,
  { kindName, name }: ProcessName,
  what: string,
): CommandError {
  return new CommandError('serviceFailed', `the ${kindName} ${name} ${what}`, { logFile });
}
