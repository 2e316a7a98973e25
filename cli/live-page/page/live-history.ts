import type { LiveUpdate } from './live-facts.ts';

/** A figure per second; null where there is none. */
export type Column = readonly (number | null)[];

/** All figures that are kept: a column of times, and one for each line of each chart. */
export type History = {
  readonly times: () => readonly number[];
  /** Of a line; all null where it has never been there. */
  readonly column: (chart: string, candidate: string, label: string) => Column;
  /** The latest second; 0 before there is one. */
  readonly last: () => number;
  readonly add: (update: LiveUpdate) => void;
};

/** A figure that is older than this is not the present one. */
const presentSeconds = 5;

/** The present value of a column. */
export function latestOf(column: Column): number | null {
  return column.slice(-presentSeconds).findLast((value) => value !== null) ?? null;
}

export function createHistory(secondsKept: number): History {
  let times: readonly number[] = [];
  const columns = new Map<string, Column>();
  const keyOf = (...parts: readonly string[]): string => parts.join('\n');
  const columnOf = (key: string): Column => columns.get(key) ?? times.map(() => null);
  /** Before the first figure there is nothing to draw. */
  const dropEmptyStart = (): void => {
    const isEmpty = (index: number): boolean =>
      [...columns.values()].every((column) => (column[index] ?? null) === null);
    const found = times.findIndex((_, index) => !isEmpty(index));
    const first = found === -1 ? times.length - 1 : found;
    if (first <= 0) return;
    times = times.slice(first);
    for (const [key, column] of columns) columns.set(key, column.slice(first));
  };
  return {
    times: () => times,
    column: (chart, candidate, label) => columnOf(keyOf(chart, candidate, label)),
    last: () => times.at(-1) ?? 0,
    add({ from, to, charts }) {
      const first = Math.max(from, (times.at(-1) ?? 0) + 1);
      if (first > to) return;
      const fresh = Array.from({ length: to - first + 1 }, (_, index) => first + index);
      const news = new Map<string, Column>();
      for (const [id, lines] of Object.entries(charts))
        for (const { candidate, label, values } of lines)
          news.set(keyOf(id, candidate, label), values.slice(first - from));
      for (const key of new Set([...columns.keys(), ...news.keys()])) {
        const grown = [...columnOf(key), ...(news.get(key) ?? fresh.map(() => null))];
        columns.set(key, grown.slice(-secondsKept));
      }
      times = [...times, ...fresh].slice(-secondsKept);
      dropEmptyStart();
    },
  };
}
