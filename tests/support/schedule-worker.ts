import { parentPort } from 'node:worker_threads';
import { brokenParts } from './broken-parts.ts';
import type { BrokenPartName } from './broken-parts.ts';
import { searchSchedules } from './schedule-search.ts';

/** What to search. With `broken` its candidate is that part's. */
export type SearchOrder = {
  readonly text: string;
  readonly runs: number;
  readonly broken: BrokenPartName | null;
};

parentPort?.on('message', ({ text, runs, broken }: SearchOrder) => {
  const answer = (failure: string | null) => parentPort?.postMessage(failure);
  searchSchedules(text, runs, broken && brokenParts[broken]).then(
    () => answer(null),
    (error: unknown) => answer(`${String(error)}\n${String((error as { cause?: unknown }).cause)}`),
  );
});
