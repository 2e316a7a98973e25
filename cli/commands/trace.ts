import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { CommandError } from '../errors.ts';
import { readCandidate } from '../experiment/named-candidates.ts';
import { alignColumns } from '../report/text-columns.ts';
import type { StackPaths } from '../stack/stack-paths.ts';
import { askRunningTraces } from '../traces/running-traces.ts';
import type { RunningTraces } from '../traces/running-traces.ts';
import { bestOf, selectTraces } from '../traces/select-traces.ts';
import { summaryOf, traceOf } from '../traces/span.ts';
import type { Trace } from '../traces/span.ts';
import { readKeptTraces } from '../traces/trace-files.ts';
import { formatMs, printable, renderWaterfall } from '../traces/waterfall.ts';
import { findAddresses } from '../watch/addresses.ts';
import { createStackContext } from '../worlds/workbench.ts';
import type { Terminal } from './terminal.ts';

export type TracesOptions = {
  readonly newest?: boolean;
  readonly name?: string;
  readonly candidate?: string;
  readonly limit: number;
  readonly json?: boolean;
};

const columnsWithoutTerminal = 120;
const noTraces =
  'Run "darkroom up --load feed-browsing", or "darkroom compare --telemetry trace1", which keeps its slowest.';

/** Lists traces: of the `darkroom up` that runs now, and of the runs that are kept. */
export async function traces(terminal: Terminal, options: TracesOptions): Promise<void> {
  const { paths } = createStackContext(terminal);
  const { newest, name, candidate, limit } = options;
  const query = {
    order: newest === true ? ('newest' as const) : ('slowest' as const),
    limit,
    ...(name !== undefined && { name }),
    // Spans name it in one spelling, whichever it was given in.
    ...(candidate !== undefined && { candidate: formatCandidate(readCandidate(candidate)) }),
  };
  const { answer, complaint } = await askIfAny(paths, (running) => running.list(query));
  const found = bestOf(
    [...selectTraces(readKeptTraces(paths), query).map(summaryOf), ...(answer ?? [])],
    limit,
    { rank: ({ startMs, durationMs }) => (newest === true ? startMs : durationMs), accepts: () => true },
  );
  if (complaint !== null) terminal.report(`${complaint.message} Only runs that are kept are looked at.`);
  if (options.json === true) {
    terminal.print(`${JSON.stringify(found, null, 2)}\n`);
    return;
  }
  if (found.length === 0) {
    terminal.report(`There are no such traces. ${noTraces}`);
    return;
  }
  const rows = found.map((one) => [
    one.traceId.slice(0, 16),
    formatMs(one.durationMs),
    printable(one.name),
    printable(one.candidate),
    printable(one.replica),
    `${one.spans} spans`,
    new Date(one.startMs).toISOString(),
  ]);
  terminal.print(`${alignColumns(rows, (column) => column !== 1).join('\n')}\n`);
}

/** Prints the waterfall of one trace; the beginning of its id is enough. */
export async function trace(
  terminal: Terminal,
  idText: string,
  options: { readonly json?: boolean },
): Promise<void> {
  const id = idText.toLowerCase();
  if (!/^[0-9a-f]{1,32}$/.test(id))
    throw new CommandError('usage', `"${idText}" is no id of a trace: these are 32 hexadecimal digits.`, {
      remedy: 'The beginning of one is enough; see: darkroom traces',
    });
  const { paths } = createStackContext(terminal);
  const found = await findTrace(paths, id);
  terminal.print(
    options.json === true
      ? `${JSON.stringify(found, null, 2)}\n`
      : renderWaterfall(found, terminal.columns ?? columnsWithoutTerminal),
  );
}

/** The one trace whose id begins so. */
async function findTrace(paths: StackPaths, id: string): Promise<Trace> {
  const matching = readKeptTraces(paths).filter(({ traceId }) => traceId.startsWith(id));
  // Runs of the same load on the same ports have traces of the same ids: that of the latest run is shown.
  const kept = new Map(matching.toReversed().map((one) => [one.traceId, one] as const));
  const { answer, complaint } = await askIfAny(paths, (running) => running.startingWith(id));
  const isInBoth = answer?.traceIds.some((traceId) => kept.has(traceId)) ?? false;
  const count = kept.size + (answer?.count ?? 0) - (isInBoth ? 1 : 0);
  if (count > 1)
    throw new CommandError('usage', `${count} traces begin with ${id}.`, {
      remedy: `Give more digits, for instance: ${[...kept.keys(), ...(answer?.traceIds ?? [])].slice(0, 3).join(', ')}`,
    });
  const [ofRun] = kept.values();
  const found = traceOf(answer?.spans ?? []) ?? ofRun;
  if (found !== undefined) return found;
  if (complaint === null)
    throw new CommandError('usage', `There is no trace ${id}, or not any more.`, { remedy: noTraces });
  throw new CommandError(complaint.reason, `${complaint.message} No run that is kept has trace ${id}.`, {
    ...(complaint.remedy !== undefined && { remedy: complaint.remedy }),
    cause: complaint,
  });
}

type Asked<T> = { readonly answer: T | null; readonly complaint: CommandError | null };

/** Asks the command that runs, if one does. That it does not answer is for the caller to tell: it may not matter. */
async function askIfAny<T>(
  paths: StackPaths,
  ask: (running: RunningTraces) => Promise<T>,
): Promise<Asked<T>> {
  const addresses = findAddresses(paths);
  if (addresses?.traces === undefined) return { answer: null, complaint: null };
  try {
    return { answer: await ask(askRunningTraces(addresses.traces, addresses.pid)), complaint: null };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { answer: null, complaint: error };
  }
}
