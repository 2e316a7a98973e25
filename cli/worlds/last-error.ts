import type { WorldProcess } from './world-process.ts';

/** A line of the service's log; a traced request makes a long one. */
const linesMax = 20;
/** From here on pino means errors. */
const errorLevel = 50;

type LogLine = {
  readonly level?: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
  readonly cause?: { readonly code?: string };
};

/**
 * What the service wrote last of a request that it could not answer: its words with the code of the cause; null: nothing. Its log is read
 * for that, since a process tells its parent only how it starts and ends, and such an error does not end it.
 */
export function lastErrorOf(processes: readonly Pick<WorldProcess, 'process'>[]): string | null {
  for (const { process } of processes) {
    const lines = process.lastLines(linesMax).split(/\n */);
    for (const line of lines.toReversed()) {
      const { level = 0, err, msg, cause } = parse(line);
      const words = err?.message ?? msg;
      if (level < errorLevel || words === undefined) continue;
      return cause?.code === undefined ? words : `${words} (${cause.code})`;
    }
  }
  return null;
}

function parse(line: string): LogLine {
  try {
    return (JSON.parse(line) as LogLine | null) ?? {};
  } catch {
    return {};
  }
}
