import { CommandError } from '../errors.ts';

/** A sample of k6's CSV: a metric, when it was taken (microseconds since the epoch), its value, and which request it is of. */
export type SampleRow = {
  readonly metric: string;
  readonly timestampUs: number;
  readonly value: number;
  /** Index of the request; null for samples of the run as a whole. */
  readonly index: number | null;
  /** Name of the operation that was asked for; null for samples of the run as a whole. */
  readonly operation: string | null;
  readonly isExpected: boolean;
  /** HTTP status; 0 for a request without an answer. */
  readonly status: number;
  /** Of k6, by kind: https://grafana.com/docs/k6/latest/javascript-api/error-codes. 0: none. */
  readonly errorCode: number;
  /** 2: it was sent to a replica, after an edge had not answered the first attempt. */
  readonly attempt: number;
};

/** The metrics that somebody reads: two rows of the fourteen that k6 writes for a request, and what it says of those that it dropped. */
const readMetrics = /^(?:http_req_duration|http_req_connecting|dropped_iterations),/;

const needed = [
  'metric_name',
  'timestamp',
  'metric_value',
  'expected_response',
  'status',
  'error_code',
  'extra_tags',
  'metadata',
] as const;

/**
 * Reads k6's CSV as it comes: the metrics that somebody asks for. Columns are found by their names in the header. No value that is read
 * holds a comma or a quote: names of metrics and operations, numbers, and the index in the metadata; so a line is cut at its commas.
 */
export function createRowReader(onRow: (row: SampleRow) => void): { push(chunk: string): void; end(): void } {
  let rest = '';
  let columns: Record<(typeof needed)[number], number> | null = null;
  const readHeader = (line: string): void => {
    const names = line.split(',');
    const found = Object.fromEntries(needed.map((name) => [name, names.indexOf(name)] as const));
    // k6 writes the metric first, by which a row that nobody reads is left out before it is cut.
    if (Object.values(found).includes(-1) || found['metric_name'] !== 0)
      throw new CommandError('internal', `k6 writes unknown columns: ${line.slice(0, 200)}`);
    columns = found as Record<(typeof needed)[number], number>;
  };
  const readLine = (line: string): void => {
    if (line === '') return;
    if (columns === null) return readHeader(line);
    if (!readMetrics.test(line)) return;
    const cells = line.split(',');
    const metadata = cells[columns.metadata] ?? '';
    const index = /(?:^|&)i=(\d+)/.exec(metadata)?.[1];
    onRow({
      metric: cells[columns.metric_name] ?? '',
      timestampUs: Number(cells[columns.timestamp]),
      value: Number(cells[columns.metric_value]),
      index: index === undefined ? null : Number(index),
      operation: /(?:^|&)operation=(\w+)/.exec(cells[columns.extra_tags] ?? '')?.[1] ?? null,
      isExpected: cells[columns.expected_response] === 'true',
      status: Number(cells[columns.status] ?? 0),
      errorCode: Number(cells[columns.error_code] ?? 0),
      attempt: metadata.includes('attempt=2') ? 2 : 1,
    });
  };
  return {
    push(chunk) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) readLine(line);
    },
    end() {
      readLine(rest);
      rest = '';
    },
  };
}
