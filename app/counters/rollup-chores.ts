import type { Clock } from '../clock.ts';
import type { Queries, Statement } from '../storage/statement.ts';
import { idOf } from './counter.ts';
import type { CounterNamespace, CounterNamespaces } from './counter-namespaces.ts';
import { eventSlices } from './event-slices.ts';
import type { Slice } from './event-slices.ts';
import { skewMs } from './rollup-window.ts';
import { rollupStore } from './rollup-store.ts';
import type { BehindPage } from './rollup-store.ts';
import { isRolledUp } from './system.ts';

/** Whether somebody counts by the events themselves. */
const selectHasEventsOf: Statement = {
  name: 'select_has_counter_events',
  text: `
    SELECT EXISTS (SELECT FROM counter_events
      WHERE namespace = ANY ($1::text[]) AND event_time >= $2::timestamptz AND event_time < $3::timestamptz) AS has_events`,
};

/** How many counters one statement looks at, to say which of them are behind. */
const countersAtOnce = 1_000;
/** Once workers have been told of so many counters, no further ones are looked for this time. */
const behindAtOnce = 1_000;

export type RetentionParts = {
  readonly queries: Queries;
  readonly clock: Clock;
  readonly namespaces: CounterNamespaces;
  /** Is told of counters that have to be rolled up first. */
  readonly hear: (ids: readonly string[]) => void;
};

/**
 * Drops slices whose events no namespace has to keep any more. Events that are not rolled up are kept whatever their age: their
 * counters are rolled up first. Where a namespace counts by its log, slices with its events stay.
 */
export async function dropOldSlices(parts: RetentionParts): Promise<readonly string[]> {
  const { queries, clock, namespaces } = parts;
  const all = [...namespaces.values()];
  const keptMs = Math.max(...all.map(keptMsOf));
  const rolledUp = all.filter(({ mode }) => isRolledUp(mode));
  const logged = all.filter(({ mode }) => mode === 'raw-log').map(({ name }) => name);
  const dropped: string[] = [];
  for (const slice of await eventSlices.list(queries)) {
    if (slice.endMs > clock.now() - keptMs || (await hasEventsOf(queries, logged, slice))) continue;
    if (await hearBehind(parts, rolledUp, slice)) continue;
    await eventSlices.drop(queries, slice);
    dropped.push(slice.name);
  }
  return dropped;
}

/** Events are kept for as long as older ones may still come into their slice, too, however short the retention is. */
const keptMsOf = ({ retentionMs, acceptLimitMs }: CounterNamespace): number =>
  Math.max(retentionMs, acceptLimitMs + skewMs);

/** Tells of counters with events in a slice that have to be rolled up first; whether there are any. */
async function hearBehind(
  { queries, hear }: RetentionParts,
  namespaces: readonly CounterNamespace[],
  slice: Slice,
): Promise<boolean> {
  let heard = 0;
  for (const namespace of namespaces) {
    for (let last: string | null = ''; last !== null && heard < behindAtOnce;) {
      const page: BehindPage = await rollupStore.behind(queries, namespace, slice, last, countersAtOnce);
      hear(page.behind.map(idOf));
      heard += page.behind.length;
      ({ last } = page);
    }
  }
  return heard > 0;
}

async function hasEventsOf(queries: Queries, names: readonly string[], slice: Slice): Promise<boolean> {
  if (names.length === 0) return false;
  const values = [names, new Date(slice.startMs).toISOString(), new Date(slice.endMs).toISOString()];
  const [row] = await queries.query<{ has_events: boolean }>(selectHasEventsOf, values);
  return row?.has_events === true;
}

/** Days come to their end one at a time. */
const dropEveryMs = 600_000;

/** Drops old slices now and then, until it is stopped. */
export function keepDroppingSlices(
  parts: RetentionParts,
  onTrouble: (reason: unknown) => void,
): { stop(): void } {
  const drop = (): void => void dropOldSlices(parts).catch(onTrouble);
  drop();
  const timer = setInterval(drop, dropEveryMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
