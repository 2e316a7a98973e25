/**
 * How far events may be out of order: an event may be written down when something ends, with the time at
 * which that began.
 */
const windowUs = 60e6;
/** What is held back at most, however many fall into the window; and once more the share below. */
const heldMax = 200_000;
/**
 * The share of the held events that must be new before they are sorted again. Otherwise a busy log would be
 * sorted anew for each of its pieces.
 */
const newShareMin = 1 / 8;

type Timed = { readonly timeUs: number };

/**
 * Brings events into the order of their times that are out of order by no more than a minute. What comes later still is passed on as
 * it is, for the reader to refuse.
 */
export async function* reorder<T extends Timed>(
  pieces: AsyncIterable<readonly T[]>,
): AsyncGenerator<readonly T[], void> {
  let held: T[] = [];
  let newestUs = -Infinity;
  let newCount = 0;
  for await (const piece of pieces) {
    for (const event of piece) {
      newestUs = Math.max(newestUs, event.timeUs);
      held.push(event);
    }
    newCount += piece.length;
    if (newCount < held.length * newShareMin) continue;
    newCount = 0;
    // Stable: what happened at the same time stays as it was.
    held.sort((one, other) => one.timeUs - other.timeUs);
    const firstHeld = held.findIndex(({ timeUs }) => timeUs > newestUs - windowUs);
    const passed = Math.max(firstHeld, held.length - heldMax);
    if (passed <= 0) continue;
    yield held.slice(0, passed);
    held = held.slice(passed);
  }
  if (held.length > 0) yield held.sort((one, other) => one.timeUs - other.timeUs);
}

/** Events in pieces, each in the order of its time; `endsAll`: after its last one nothing is known of what it would have told. */
export type TimedSource<T> = {
  readonly pieces: AsyncGenerator<readonly T[], void>;
  readonly endsAll: boolean;
};

type Head<T> = {
  readonly source: number;
  readonly pieces: AsyncGenerator<readonly T[], void>;
  piece: readonly T[];
  at: number;
};

/** Gets the next piece that has something in it; false: there is none. */
async function advance<T>(head: Head<T>): Promise<boolean> {
  do {
    const result = await head.pieces.next();
    if (result.done === true) return false;
    head.piece = result.value;
  } while (head.piece.length === 0);
  head.at = 0;
  return true;
}

function firstOf<T extends Timed>(heads: readonly Head<T>[]): Head<T> | null {
  let first: Head<T> | null = null;
  let firstUs = Infinity;
  for (const head of heads) {
    const timeUs = head.piece[head.at]?.timeUs ?? Infinity;
    if (timeUs < firstUs) [first, firstUs] = [head, timeUs];
  }
  return first;
}

/** The events of all sources in the order of their times, each with the number of its source. */
export async function* mergeByTime<T extends Timed>(
  sources: readonly TimedSource<T>[],
): AsyncGenerator<{ readonly event: T; readonly source: number }> {
  let heads: Head<T>[] = sources.map(({ pieces }, source) => ({ source, pieces, piece: [], at: 0 }));
  const opened = heads;
  try {
    const hasEvents = await Promise.all(heads.map(advance));
    heads = heads.filter((_, index) => hasEvents[index] === true);
    for (let head = firstOf(heads); head !== null; head = firstOf(heads)) {
      const event = head.piece[head.at];
      if (event !== undefined) yield { event, source: head.source };
      head.at += 1;
      if (head.at < head.piece.length || (await advance(head))) continue;
      if (sources[head.source]?.endsAll === true) return;
      heads = heads.filter((one) => one !== head);
    }
  } finally {
    await Promise.all(opened.map(({ pieces }) => pieces.return()));
  }
}
