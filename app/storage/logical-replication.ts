import type { DeliveryChange } from '../cache/cache-events.ts';
import { DarkroomError } from '../errors.ts';
import { keepTrying, pause } from './keep-trying.ts';
import { createSlotAdmin } from './replication-slot.ts';
import type { SlotAdmin } from './replication-slot.ts';
import type { RowKeys } from './slot-reader.ts';

/** Hears of committed changes, in the order of their commits. */
export type ChangeListener = {
  /** Resolves to false when it could not act on it: the change is told again, after a pause. */
  readonly onChange: (
    entityName: string,
    id: number,
    version: number,
    /** On the server's clock, in milliseconds since 1970. */
    committedAtMs: number,
  ) => Promise<boolean>;
  /**
   * `disconnected`: the stream is lost, until `resumed`, when all that was committed meanwhile has been told. `loss-noticed`: it is
   * not known which rows changed, since the slot was not there, or a table was emptied.
   */
  readonly onDelivery: (change: DeliveryChange) => void;
};

export type ChangeStreamOptions = {
  readonly databaseUrl: string;
  /** Unique among all databases of the server; one for each replica. */
  readonly slotName: string;
  readonly rowKeys: RowKeys;
  readonly listener: ChangeListener;
  /** Is given the reasons of outages. */
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
  /** Is told of slots that it dropped, since their readers have not come back. */
  readonly onReaped?: (slotNames: readonly string[]) => void;
  /** How often the server is asked whether it is there; after ten times without an answer the connection counts as lost. */
  readonly beatMs?: number;
};

export type ChangeStream = {
  /** Resolves when it has caught up, the first attempt has failed, or after a few seconds. Throws CHANGE_STREAM_UNAVAILABLE when the server cannot stream. */
  start(): Promise<void>;
  /** Leaves the slot, so that a later start goes on where this one ended. */
  stop(): Promise<void>;
};

const beatMs = 1_000;
/** A reader that comes back later than this begins anew, with a loss noticed: safe, and the server need not keep its log for it. */
const abandonedAfterMs = 15 * 60_000;
/** A service that has much to catch up with starts meanwhile, without its memory. */
const startLimitMs = 5_000;

/**
 * Reads PostgreSQL's log of changes (logical replication, pgoutput: https://www.postgresql.org/docs/18/protocol-logical-replication.html)
 * from a slot that the server keeps. A transaction is confirmed when the listener has acted on all of it: whoever dies
 * before is told again, and so is everyone after a lost connection.
 */
export function createChangeStream(options: ChangeStreamOptions): ChangeStream {
  const { listener } = options;
  const slot = createSlotAdmin(options.databaseUrl, options.slotName);
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const readUntilLost = async (onConnected: () => void): Promise<void> => {
    // Few candidates read a stream, and the library for it takes a while to load.
    const { parseLsn, readSlot } = await import('./slot-reader.ts');
    if (await slot.ensure()) listener.onDelivery('loss-noticed');
    const reaped = await slot.dropAbandoned(abandonedAfterMs);
    if (reaped.length > 0) options.onReaped?.(reaped);
    const reader = {
      ...options,
      onChange: listener.onChange,
      onTruncate: () => listener.onDelivery('loss-noticed'),
      caughtUpAt: parseLsn(await slot.logEnd()),
      onCaughtUp: () => {
        listener.onDelivery('resumed');
        onConnected();
      },
      beatMs: options.beatMs ?? beatMs,
    };
    await readSlot(reader, stopping.signal);
  };
  const keepReading = (onFirstAttempt: () => void): Promise<void> => {
    const outage = createOutage(options);
    return keepTrying({
      signal: stopping.signal,
      attempt: (succeeded) =>
        readUntilLost(() => {
          succeeded();
          outage.isOver();
          onFirstAttempt();
        }),
      ended(attempt, reason) {
        outage.happened(attempt, String(reason));
        onFirstAttempt();
      },
    });
  };
  return {
    async start() {
      await requireLogicalLog(slot);
      const { promise, resolve } = Promise.withResolvers<void>();
      running = keepReading(resolve);
      await Promise.race([promise, pause(startLimitMs, stopping.signal)]);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Says `disconnected` once for an outage, and each reason once: it is tried again and again. */
function createOutage({ listener, runInBackground }: ChangeStreamOptions) {
  let lastReason: string | null = null;
  return {
    isOver() {
      lastReason = null;
    },
    happened(attempt: Promise<void>, reason: string) {
      if (lastReason === null) listener.onDelivery('disconnected');
      if (lastReason !== reason) runInBackground('read the change stream', attempt);
      lastReason = reason;
    },
  };
}

async function requireLogicalLog(slot: SlotAdmin): Promise<void> {
  const level = await slot.logLevel().catch(() => null);
  // A server that does not answer now may later; one that answers so never will by itself.
  if (level === null || level === 'logical') return;
  throw new DarkroomError(
    'CHANGE_STREAM_UNAVAILABLE',
    `PostgreSQL has wal_level=${level}; a change stream needs wal_level=logical, set in its configuration and with a restart.`,
  );
}
