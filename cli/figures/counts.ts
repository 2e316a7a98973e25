import type { Counter } from '../../app/contract/figure.ts';

/** How much counters have grown, by their keys. */
export type Counts = Readonly<Record<string, number>>;

const levelMark = 'level ';

/** Whether a key is that of a gauge, which is read and not counted. */
export const isLevelKey = (key: string): boolean => key.startsWith(levelMark);

/** Lists of counters are made once, and read for each block of an experiment: so are their keys. */
const knownKeys = new WeakMap<Counter, string>();

/** A counter as text: two that count the same have the same. */
export function keyOf(counter: Counter): string {
  const key = knownKeys.get(counter) ?? makeKey(counter);
  knownKeys.set(counter, key);
  return key;
}

function makeKey({ counter, where = {}, isLevel }: Counter): string {
  const labels = Object.entries(where).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${isLevel === true ? levelMark : ''}${counter}{${labels.map(([name, values]) => `${name}=${[values].flat().join('|')}`).join(',')}}`;
}

/** 0 for a counter that nobody has exposed. */
export function countOf(counts: Counts, counter: Counter): number {
  return counts[keyOf(counter)] ?? 0;
}

/** Named counters with their values. */
export function countAll<Name extends string>(
  counts: Counts,
  counters: Readonly<Record<Name, Counter>>,
): Readonly<Record<Name, number>> {
  const entries = Object.entries<Counter>(counters).map(([name, counter]) => [
    name,
    countOf(counts, counter),
  ]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** The counts in which named counters have these values, and the others of their list are 0. */
export function countsOf<Name extends string>(
  counters: Readonly<Record<Name, Counter>>,
  values: Readonly<Partial<Record<NoInfer<Name>, number>>>,
): Counts {
  const entries = Object.entries<Counter>(counters).map(([name, counter]) => [
    keyOf(counter),
    values[name as Name] ?? 0,
  ]);
  return Object.fromEntries(entries) as Counts;
}

/** Both, counter by counter; one that only one of them has is 0 in the other. */
export function combineCounts(a: Counts, b: Counts, operate: (a: number, b: number) => number): Counts {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...keys].map((key) => [key, operate(a[key] ?? 0, b[key] ?? 0)]));
}
