import type { Clock } from '../clock.ts';
import type { Queries, Statement } from '../storage/statement.ts';

const makeSlice: Statement = {
  name: 'make_counter_slice',
  text: 'SELECT darkroom_make_counter_slice($1, $2::timestamptz, $3::timestamptz)',
};

const listSlices: Statement = {
  name: 'list_counter_slices',
  text: `
    SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'counter_events'::regclass ORDER BY relname`,
};

const dropSlice: Statement = { name: 'drop_counter_slice', text: 'SELECT darkroom_drop_counter_slice($1)' };

/** The log is cut by days: dropping a day of events is one step, however many they are. */
const sliceMs = 86_400_000;
const prefix = 'counter_events_';

const startOf = (ms: number): number => Math.floor(ms / sliceMs) * sliceMs;
const nameOf = (startMs: number): string =>
  `${prefix}${new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '')}`;

/** When a slice begins; null: it is none of ours. */
function startOfName(name: string): number | null {
  const match = new RegExp(`^${prefix}(\\d{4})(\\d{2})(\\d{2})$`).exec(name);
  return match === null ? null : Date.parse(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`);
}

export type Slice = { readonly name: string; readonly startMs: number; readonly endMs: number };

/** The slices of the log of events. */
export const eventSlices = {
  /** Makes the slices into which events may fall now and within the next day. `acceptLimitMs`: how old they may be. */
  async makeAhead(queries: Queries, nowMs: number, acceptLimitMs: number): Promise<void> {
    const lastMs = startOf(nowMs + sliceMs);
    for (let startMs = startOf(nowMs - acceptLimitMs); startMs <= lastMs; startMs += sliceMs) {
      const [from, to] = [startMs, startMs + sliceMs].map((ms) => new Date(ms).toISOString());
      await queries.query(makeSlice, [nameOf(startMs), from, to]);
    }
  },
  async list(queries: Queries): Promise<readonly Slice[]> {
    const rows = await queries.query<{ name: string }>(listSlices, []);
    return rows.flatMap(({ name }) => {
      const startMs = startOfName(name);
      return startMs === null ? [] : [{ name, startMs, endMs: startMs + sliceMs }];
    });
  },
  async drop(queries: Queries, { name }: Slice): Promise<void> {
    await queries.query(dropSlice, [name]);
  },
};

/** Often enough that a day is made long before it begins. */
const makeEveryMs = 3_600_000;
/** Storage that is away at the start may be there soon. */
const retryMs = 1_000;

/** Makes slices ahead, at once and again and again until it is stopped; sooner where they could not be made. */
export function keepSlicesAhead(
  queries: Queries,
  clock: Clock,
  acceptLimitMs: number,
  onTrouble: (reason: unknown) => void,
): { readonly made: Promise<void>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const make = async (): Promise<void> => {
    const nextMs = await eventSlices.makeAhead(queries, clock.now(), acceptLimitMs).then(
      () => makeEveryMs,
      (reason: unknown) => {
        onTrouble(reason);
        return retryMs;
      },
    );
    if (!isStopped) timer = setTimeout(() => void make(), nextMs).unref();
  };
  return {
    made: make(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
