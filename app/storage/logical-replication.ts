import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import type { Pgoutput } from 'pg-logical-replication';
import { DarkroomError } from '../errors.ts';
import { createSlotAdmin } from './replication-slot.ts';
import type { SlotAdmin } from './replication-slot.ts';

/** What a changed row of a table means: for each thing that is made of it, its name, and the columns of its id and version. */
export type RowKeys = Readonly<
  Record<string, readonly { readonly entityName: string; readonly id: string; readonly version: string }[]>
>;

/** Hears of committed changes, in the order of their commits. */
export type ChangeListener = {
  /** Resolves to false when it could not act on it: the change is told again, after a pause. */
  readonly onChange: (entityName: string, id: number, version: number) => Promise<boolean>;
  /** `cut`: the stream is lost, until `back`. `gap`: changes were lost for good, since the slot was not there. */
  readonly onUnsure: (what: 'gap' | 'cut' | 'back') => void;
};

export type ChangeStreamOptions = {
  readonly databaseUrl: string;
  /** Unique among all databases of the server; one for each replica. */
  readonly slotName: string;
  readonly rowKeys: RowKeys;
  readonly listener: ChangeListener;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
};

export type ChangeStream = {
  /** Resolves when the first attempt to connect is over. Throws CHANGE_STREAM_UNAVAILABLE when the server cannot stream. */
  start(): Promise<void>;
  /** Leaves the slot, so that a later start goes on where this one ended. */
  stop(): Promise<void>;
};

/** Made by a migration. */
const publication = 'darkroom_changes';
const firstPauseMs = 100;
const longestPauseMs = 2_000;
/** Rows whose last version is remembered: a row has several versions, and a commit raises one of them. */
const versionsMax = 50_000;

/**
 * Reads PostgreSQL's log of changes (logical replication, pgoutput: https://www.postgresql.org/docs/18/protocol-logical-replication.html)
 * from a slot that the server keeps. A transaction is confirmed when the listener has acted on all of it: whoever dies
 * before is told again, and so is everyone after a lost connection.
 */
export function createChangeStream(options: ChangeStreamOptions): ChangeStream {
  const { listener, runInBackground } = options;
  const slot = createSlotAdmin(options.databaseUrl, options.slotName);
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const readUntilLost = async (onConnected: () => void): Promise<void> => {
    if (await slot.ensure()) listener.onUnsure('gap');
    const connected = () => {
      listener.onUnsure('back');
      onConnected();
    };
    await readSlot(options, stopping.signal, connected);
  };
  const keepReading = async (onFirstAttempt: () => void): Promise<void> => {
    let pauseMs = firstPauseMs;
    while (!stopping.signal.aborted) {
      const connected = () => {
        pauseMs = firstPauseMs;
        onFirstAttempt();
      };
      await readUntilLost(connected).catch(() => {});
      onFirstAttempt();
      if (stopping.signal.aborted) return;
      listener.onUnsure('cut');
      await pause(pauseMs, stopping.signal);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  };
  return {
    async start() {
      await requireLogicalLog(slot);
      const { promise, resolve } = Promise.withResolvers<void>();
      running = keepReading(resolve);
      runInBackground('read the change stream', running);
      await promise;
    },
    async stop() {
      stopping.abort();
      await running;
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

/** Reads until the connection or the listener fails, or the signal says to stop. */
async function readSlot(
  { databaseUrl, slotName, rowKeys, listener }: ChangeStreamOptions,
  signal: AbortSignal,
  onConnected: () => void,
): Promise<void> {
  const service = new LogicalReplicationService(
    { connectionString: databaseUrl, connectionTimeoutMillis: 1_000, keepAlive: true },
    { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
  );
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const end = () => reject(new DarkroomError('STORAGE_UNAVAILABLE', 'The change stream ends.'));
  // Anew for each connection: what the last one did not confirm is told again.
  const isNews = createVersionMemory();
  let changes: Promise<boolean>[] = [];
  let isInTransaction = false;

  const act = async (lsn: string, message: Pgoutput.Message): Promise<void> => {
    if (message.tag === 'begin') isInTransaction = true;
    if (message.tag === 'truncate') listener.onUnsure('gap');
    for (const { entityName, id, version } of changesOf(message, rowKeys))
      if (isNews(`${entityName}:${id}`, version)) changes.push(listener.onChange(entityName, id, version));
    if (message.tag !== 'commit') return;
    const outcomes = await Promise.all(changes);
    changes = [];
    isInTransaction = false;
    if (outcomes.includes(false)) return end();
    await service.acknowledge(lsn);
  };
  service.on('error', end);
  service.on('start', onConnected);
  service.on('data', act);
  // While nothing is under way, all that the server has written is read: it need not keep it for this slot.
  service.on('heartbeat', (lsn: string) => {
    if (!isInTransaction) service.acknowledge(lsn).catch(end);
  });
  signal.addEventListener('abort', end);
  try {
    const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] });
    await Promise.race([service.subscribe(plugin, slotName), lost]);
  } finally {
    signal.removeEventListener('abort', end);
    await service.destroy();
  }
}

/** The things that a row change touches. A removed row says its id only: whatever was known of it is wrong. */
function* changesOf(
  message: Pgoutput.Message,
  rowKeys: RowKeys,
): Generator<{ readonly entityName: string; readonly id: number; readonly version: number }> {
  if (message.tag !== 'insert' && message.tag !== 'update' && message.tag !== 'delete') return;
  const row = (message.tag === 'delete' ? message.key : message.new) as Record<string, unknown> | null;
  for (const { entityName, id, version } of rowKeys[message.relation.name] ?? []) {
    const removed = message.tag === 'delete' ? Number.MAX_SAFE_INTEGER : undefined;
    yield { entityName, id: Number(row?.[id]), version: removed ?? Number(row?.[version]) };
  }
}

/** Says whether a version is another than the last one of its key. What is not remembered is news. */
function createVersionMemory(): (key: string, version: number) => boolean {
  const versions = new Map<string, number>();
  return (key, version) => {
    const isNews = versions.get(key) !== version;
    versions.delete(key);
    versions.set(key, version);
    for (const oldest of versions.keys()) {
      if (versions.size <= versionsMax) break;
      versions.delete(oldest);
    }
    return isNews;
  };
}

/** Waits that long, or until the signal. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
