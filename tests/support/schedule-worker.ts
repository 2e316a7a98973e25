import { parentPort } from 'node:worker_threads';
import { brokenParts } from './broken-parts.ts';
import type { BrokenPartName } from './broken-parts.ts';
import { searchSchedules } from './schedule-search.ts';
import type { Search } from './schedule-search.ts';

/** What to search. With `broken` its candidate is that part's. */
export type SearchOrder = Omit<Search, 'broken'> & { readonly broken: BrokenPartName | null };

parentPort?.on('message', ({ broken, ...order }: SearchOrder) => {
  const answer = (failure: string | null) => parentPort?.postMessage(failure);
  searchSchedules({ ...order, broken: broken && brokenParts[broken] }).then(
    () => answer(null),
    (error: unknown) => answer(`${String(error)}\n${String((error as { cause?: unknown }).cause)}`),
  );
});
