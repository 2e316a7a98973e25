import { CommandError } from '../errors.ts';
import { alignColumns } from '../report/text-columns.ts';
import type { StackPaths } from '../stack/stack-paths.ts';
import { traceOf } from '../traces/span.ts';
import type { KeptSpan, Trace } from '../traces/span.ts';
import { readKeptTraces } from '../traces/trace-files.ts';
import { selectTraces } from '../traces/select-traces.ts';
import { formatMs, renderWaterfall } from '../traces/waterfall.ts';
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

const answerLimitMs = 3_000;
const columnsWithoutTerminal = 120;
const noTraces =
  'Run "darkroom up --load feed-browsing", or "darkroom compare --telemetry trace1", which keeps its slowest.';

/** Lists traces: of the `darkroom up` that runs now, or of the runs that are kept. */
export async function traces(terminal: Terminal, options: TracesOptions): Promise<void> {
  const { paths } = createStackContext(terminal);
  const { newest, name, candidate, limit } = options;
  const found = selectTraces(await findTraces(paths), {
    order: newest === true ? 'newest' : 'slowest',
    limit,
    ...(name !== undefined && { name }),
    ...(candidate !== undefined && { candidate }),
  });
  if (options.json === true) {
    terminal.print(`${JSON.stringify(found.map(summarise), null, 2)}\n`);
    return;
  }
  if (found.length === 0) {
    terminal.report(`There are no such traces. ${noTraces}`);
    return;
  }
  const rows = found.map(({ traceId, root, spans }) => [
    traceId.slice(0, 16),
    formatMs(root.durationMs),
    root.name,
    root.candidate,
    root.replica,
    `${spans.length} spans`,
    new Date(root.startMs).toISOString(),
  ]);
  terminal.print(`${alignColumns(rows, (column) => column !== 1).join('\n')}\n`);
}

function summarise({ traceId, root, spans }: Trace) {
  const { name, durationMs, startMs, candidate, replica } = root;
  return { traceId, name, durationMs, startMs, candidate, replica, spans: spans.length };
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
  const matching = (await findTraces(paths)).filter(({ traceId }) => traceId.startsWith(id));
  const byId = new Map(matching.map((found) => [found.traceId, found]));
  if (byId.size > 1)
    throw new CommandError('usage', `${byId.size} traces begin with ${id}.`, {
      remedy: `Give more digits, for instance: ${[...byId.keys()].slice(0, 3).join(', ')}`,
    });
  const [found] = byId.values();
  if (found === undefined)
    throw new CommandError('usage', `There is no trace ${id}, or not any more.`, { remedy: noTraces });
  terminal.print(
    options.json === true
      ? `${JSON.stringify(found, null, 2)}\n`
      : renderWaterfall(found, terminal.columns ?? columnsWithoutTerminal),
  );
}

/** Of the command that runs, and of the runs that are kept. */
async function findTraces(paths: StackPaths): Promise<readonly Trace[]> {
  return [...readKeptTraces(paths), ...(await askRunning(findAddresses(paths)?.traces))];
}

/** What a running command has; nothing when it does not answer, since it may have been killed. */
async function askRunning(address: string | undefined): Promise<readonly Trace[]> {
  if (address === undefined) return [];
  try {
    const response = await fetch(`${address}/kept`, { signal: AbortSignal.timeout(answerLimitMs) });
    const all = (await response.json()) as KeptSpan[][];
    return all.flatMap((spans) => traceOf(spans) ?? []);
  } catch {
    return [];
  }
}
