import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import type { Term } from './election.ts';
import type { LeaderObserver, LeaderState } from './gateway-events.ts';
import { createGatewayStreams } from './gateway-streams.ts';
import type { GatewayStreams } from './gateway-streams.ts';
import { createParsedTable } from './parsed-table.ts';
import type { RecordData } from './post-record.ts';
import { createLeaderMemory } from './protocol/leader-memory.ts';
import type { LeaderMemory } from './protocol/leader-memory.ts';
import type { Change } from './protocol/messages.ts';
import type { RecordTable } from './protocol/record-table.ts';
import { keyOf, recordKinds } from './record-keys.ts';
import type { RecordKind } from './record-keys.ts';
import type { RecordStore, StoredRecord } from './record-store.ts';
import type { StreamConnection, StreamListener } from './stream-transport.ts';

export type LeaderServiceParts = {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly posts: number;
  readonly eventGapMs: number;
  readonly observe: LeaderObserver;
  /** Called when it has loaded all records, and answers. */
  readonly onLeading: (epoch: number) => void;
};

/** The one who owns the metadata, while it leads; all of it throws NOT_THE_LEADER where it does not. */
export type LeaderService = {
  /** Loads the records and owns them until the term ends. */
  lead(term: Term): Promise<void>;
  /** What it owns, at this moment. */
  records(): RecordTable;
  /** The version that the record has now. Throws NOT_FOUND, and LEADER_LOST when somebody else leads by now. */
  put(kind: RecordKind, id: number, change: RecordData): Promise<number>;
  remove(kind: RecordKind, id: number): Promise<number>;
  /** Null: it does not lead. */
  openStream(connection: StreamConnection): StreamListener | null;
  state(): LeaderState;
};

/**
 * Of changes that wait behind the snapshot and behind the changes before them; beyond it a gateway is cut. Some 25,000 records: more
 * than it misses in a short stall. The snapshot itself is not counted: its records are those of the leader, held only once.
 */
const queuedBytesMax = 64 * 1024 * 1024;

type Leading = {
  readonly term: Term;
  readonly memory: LeaderMemory;
  readonly streams: GatewayStreams;
};

export function createLeaderService(parts: LeaderServiceParts): LeaderService {
  const inOrder = createWritesInOrder();
  let leading: Leading | null = null;
  let lastEpoch = 0;

  const requireLeading = (): Leading => {
    if (leading?.term.isHeld() === true) return leading;
    throw new DarkroomError('NOT_THE_LEADER', 'This process stands by; ask the gateway again in a moment.');
  };
  const write = <Stored>(kind: RecordKind, id: number, written: Write<Stored>): Promise<number> => {
    requireLeading();
    return inOrder(keyOf(kind, id), () => storeAndTell(requireLeading(), written, parts));
  };
  return {
    async lead(term) {
      lastEpoch = term.epoch;
      const held = await takeOver(term, parts);
      leading = held;
      parts.onLeading(term.epoch);
      await ended(term.signal);
      leading = null;
      held.streams.close();
    },
    records: () => requireLeading().memory.records,
    put: (kind, id, change) =>
      write(kind, id, {
        what: `record ${id} of ${kind}`,
        send: (epoch) => parts.store.update(epoch, kind, id, change),
        toChange: (stored) => changeOf(kind, stored),
      }),
    remove: (kind, id) =>
      write(kind, id, {
        what: `record ${id} of ${kind}`,
        send: (epoch) => parts.store.remove(epoch, kind, id),
        toChange: (version) => removedOf(kind, { id, version }),
      }),
    openStream: (connection) => (leading?.term.isHeld() === true ? leading.streams.open(connection) : null),
    state: () => ({
      isLeader: leading?.term.isHeld() === true,
      epoch: lastEpoch,
      gateways: leading?.streams.count() ?? 0,
      queuedBytes: leading?.streams.queuedBytes() ?? 0,
    }),
  };
}

/** Loads what storage has once this epoch has begun: the writes of all earlier ones are in it. */
async function takeOver(
  term: Term,
  { store, clock, observe, posts, eventGapMs }: LeaderServiceParts,
): Promise<Leading> {
  if (!term.isFilled) await store.fill(term.epoch, posts);
  const records = createParsedTable();
  for (const kind of recordKinds)
    for await (const stored of store.load(kind)) records.put(changeOf(kind, stored));
  const { epoch, isHeld: isLeading } = term;
  const memory = createLeaderMemory({ epoch, records, queuedBytesMax, isLeading });
  return { term, memory, streams: createGatewayStreams({ memory, eventGapMs, clock, observe }) };
}

/** A write: its statement, and what it changes. Undefined: there is no such record. */
type Write<Stored> = {
  readonly what: string;
  readonly send: (epoch: number) => Promise<Stored | undefined>;
  readonly toChange: (stored: Stored) => Change;
};

/** Storage first, then memory and the streams, and only then whoever wrote is answered. */
async function storeAndTell<Stored>(
  { term, memory, streams }: Leading,
  { what, send, toChange }: Write<Stored>,
  { clock, observe }: LeaderServiceParts,
): Promise<number> {
  const startedAtMs = clock.now();
  const told = (outcome: Parameters<LeaderObserver['written']>[0]): void =>
    observe.written(outcome, clock.now() - startedAtMs);
  try {
    const stored = await send(term.epoch);
    if (stored === undefined) throw new DarkroomError('NOT_FOUND', `There is no ${what}.`);
    const change = toChange(stored);
    memory.apply(change);
    streams.pump();
    told('stored');
    return change.version;
  } catch (error) {
    const code = error instanceof DarkroomError ? error.code : null;
    told(code === 'LEADER_LOST' || code === 'NOT_FOUND' ? 'refused' : 'failed');
    if (code !== 'STORAGE_UNAVAILABLE' || isUnsent(error)) throw error;
    // The write may still be done, and then memory would lack it. Under the next epoch it cannot be done any more.
    term.end();
    const message = 'Nobody knows whether it was stored; look, or send it again.';
    throw new DarkroomError('LEADER_LOST', message, { cause: error });
  }
}

/**
 * Whether the statement was never sent, since too many others wait for a connection: then this process still has in
 * memory what storage has.
 */
const isUnsent = (error: unknown): boolean => error instanceof DarkroomError && error.isUnsent;

/** A record as it is answered: what it says of itself, and its version. */
const changeOf = (kind: RecordKind, { id, version, data }: StoredRecord) => ({
  type: 'record' as const,
  key: keyOf(kind, id),
  version,
  json: JSON.stringify({ ...data, version }),
});

const removedOf = (kind: RecordKind, { id, version }: { readonly id: number; readonly version: number }) => ({
  type: 'removed' as const,
  key: keyOf(kind, id),
  version,
});

function ended(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

/** Runs work that is about the same thing one after another, and all else side by side. */
type WritesInOrder = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** All that wait or are under way. Each is one statement, of which storage takes a few thousand a second. */
const writesMax = 1_000;

function createWritesInOrder(): WritesInOrder {
  /** Of each key that which was asked for last; it never rejects. */
  const tails = new Map<string, Promise<unknown>>();
  let waiting = 0;
  return async (key, work) => {
    if (waiting >= writesMax)
      throw new DarkroomError('OVERLOADED', 'Too many writes wait for storage; try again in a moment.');
    waiting += 1;
    const result = (tails.get(key) ?? Promise.resolve()).then(work);
    const tail = result.catch(() => {});
    tails.set(key, tail);
    try {
      return await result;
    } finally {
      waiting -= 1;
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}
