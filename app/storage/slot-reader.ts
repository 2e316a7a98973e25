import pg from 'pg';
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import type { Pgoutput } from 'pg-logical-replication';
import { DarkroomError } from '../errors.ts';
import { connectionTo } from './connection-settings.ts';
import { publicationName } from './replication-slot.ts';

/** What a changed row of a table means: for each thing that is made of it, its name, and the columns of its id and version. */
export type RowKeys = Readonly<
  Record<string, readonly { readonly entityName: string; readonly id: string; readonly version: string }[]>
>;

export type SlotReaderOptions = {
  readonly databaseUrl: string;
  readonly slotName: string;
  readonly rowKeys: RowKeys;
  /** Resolves to false when it could not act on it. */
  readonly onChange: (
    entityName: string,
    id: number,
    version: number,
    committedAtMs: number,
  ) => Promise<boolean>;
  /** A table was emptied: nobody says of which rows. */
  readonly onTruncate: () => void;
  /** All that the server had written up to this place in its log has been acted on. */
  readonly caughtUpAt: bigint;
  readonly onCaughtUp: () => void;
  /** How often the server is asked whether it is there. */
  readonly beatMs: number;
};

/** A server that answers none of so many beats is gone, though nobody has closed the connection. */
const unansweredBeatsMax = 10;
/**
 * How long the server waits for a reader that is gone without a word, and keeps the slot from the next one. It speaks up after
 * half of it at the latest, also within a long transaction of which nothing is of interest here.
 */
const serverPatienceMs = 10_000;
/** Changes of one transaction that are acted on at once. */
const changesAtOnceMax = 1_000;
/** Rows whose last version is remembered: a row has several versions, and a commit raises one of them. */
const versionsMax = 50_000;

/** A place in the server's log, from its text form `16/B374D848`. */
export function parseLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** Reads a slot until its connection or the listener fails, or the signal says to stop. Always rejects, saying why. */
export async function readSlot(options: SlotReaderOptions, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const service = createService(options.databaseUrl);
  const progress = createProgress(options, async (lsn, isQuestion) => {
    await service.acknowledge(confirmationOf(lsn), isQuestion).catch(end);
  });
  const transaction = createTransaction(options);
  let unansweredBeats = 0;
  const end = (cause: unknown): void => {
    progress.stop();
    const why = cause instanceof Error ? cause.message : String(cause);
    reject(new DarkroomError('CHANGE_STREAM_UNAVAILABLE', `The change stream ended: ${why}`, { cause }));
  };
  const act = async (lsn: string, message: Pgoutput.Message): Promise<void> => {
    unansweredBeats = 0;
    if (message.tag === 'begin') progress.begin(parseLsn(message.commitLsn ?? '0/0'));
    await transaction.take(message);
    if (message.tag === 'commit') progress.advance(parseLsn(lsn));
  };
  const hearHeartbeat = async (lsn: string): Promise<void> => {
    unansweredBeats = 0;
    // Between transactions, all that the server has written is read: it need not keep it for this slot.
    if (!transaction.isOpen()) progress.advance(parseLsn(lsn));
    // It comes after each commit, too, once there is nothing more to send.
    await progress.confirm(false);
  };
  const beat = async (): Promise<void> => {
    // The reader does not listen while it acts on a transaction, so that silence means nothing then.
    if (!transaction.isActing()) unansweredBeats += 1;
    if (unansweredBeats > unansweredBeatsMax) end('the server is silent');
    await progress.confirm(true);
  };
  const stop = () => end('it is stopped');
  service.on('error', end);
  // The library reads on when this has resolved. When it has failed, what follows must not be acted on.
  service.on('data', (lsn: string, message: Pgoutput.Message) =>
    progress.isStopped() ? undefined : act(lsn, message).catch(end),
  );
  service.on('heartbeat', (lsn: string) => hearHeartbeat(lsn).catch(end));
  signal.addEventListener('abort', stop);
  const timer = setInterval(() => void beat().catch(end), options.beatMs);
  try {
    const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [publicationName] });
    const ended = service.subscribe(plugin, options.slotName).then(() => end('the server closed it'), end);
    setImmediate(() => listenWhileConnecting(service));
    await Promise.all([lost, ended]);
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', stop);
    await service.destroy();
  }
}

function createService(databaseUrl: string): LogicalReplicationService {
  const connection = {
    ...connectionTo(databaseUrl),
    connectionTimeoutMillis: 1_000,
    options: `-c wal_sender_timeout=${serverPatienceMs}`,
  };
  return new LogicalReplicationService(connection, {
    acknowledge: { auto: false, timeoutSeconds: 0 },
    flowControl: { enabled: true },
  });
}

/**
 * The library listens to its connection from when that is established. When it is cut in the very moment, the event would end the
 * process.
 */
function listenWhileConnecting(service: LogicalReplicationService): void {
  const client: unknown = Reflect.get(service, '_client');
  if (client instanceof pg.Client) client.on('error', () => {});
}

/** Text that makes the library confirm exactly that place: it adds one, which would skip a commit that begins there. */
function confirmationOf(lsn: bigint): string {
  const before = lsn - 1n;
  return `${(before >> 32n).toString(16)}/${(before & 0xffff_ffffn).toString(16)}`;
}

/** How far the reader has come, and what the server is told of it. */
type Progress = {
  /** A transaction begins. All that was committed before this place has been acted on. */
  begin(commitLsn: bigint): void;
  /** All before this place has been acted on. */
  advance(lsn: bigint): void;
  /** Tells the server, which also says that the reader is there. A question is answered at once. */
  confirm(isQuestion: boolean): Promise<void>;
  /** After a failure nothing counts as acted on: to confirm it would confirm what has failed, too. */
  stop(): void;
  isStopped(): boolean;
};

function createProgress(
  { caughtUpAt, onCaughtUp }: SlotReaderOptions,
  send: (lsn: bigint, isQuestion: boolean) => Promise<void>,
): Progress {
  let actedOn = 0n;
  let isCaughtUp = false;
  let isStopped = false;
  return {
    begin(commitLsn) {
      actedOn = commitLsn;
    },
    advance(lsn) {
      if (isStopped) return;
      actedOn = lsn;
      if (!isCaughtUp && lsn >= caughtUpAt) {
        isCaughtUp = true;
        onCaughtUp();
      }
    },
    async confirm(isQuestion) {
      if (actedOn > 0n) await send(actedOn, isQuestion);
    },
    stop() {
      isStopped = true;
    },
    isStopped: () => isStopped,
  };
}

/** The transaction that is being read. */
type Transaction = {
  /** Resolves when the message is acted on, as far as it must be before the next one. */
  take(message: Pgoutput.Message): Promise<void>;
  isOpen(): boolean;
  isActing(): boolean;
};

function createTransaction({ rowKeys, onChange, onTruncate }: SlotReaderOptions): Transaction {
  // Anew for each connection: what the last one did not confirm is told again.
  const isNews = createVersionMemory();
  let changes: Promise<boolean>[] = [];
  let isOpen = false;
  let isActing = false;
  let committedAtMs = 0;

  const startChange = (change: Promise<boolean>): void => {
    // Whether it has failed is asked when the transaction ends, which may be a while.
    change.catch(() => {});
    changes.push(change);
  };
  const finishChanges = async (): Promise<void> => {
    isActing = true;
    const outcomes = await Promise.all(changes);
    isActing = false;
    changes = [];
    if (outcomes.includes(false))
      throw new DarkroomError('CACHE_UNAVAILABLE', 'A change could not be acted on.');
  };
  return {
    async take(message) {
      if (message.tag === 'begin') {
        isOpen = true;
        // In microseconds since 1970.
        committedAtMs = Number(message.commitTime) / 1000;
      }
      if (message.tag === 'truncate') onTruncate();
      for (const { entityName, id, version } of changesOf(message, rowKeys))
        if (isNews(`${entityName}:${id}`, version))
          startChange(onChange(entityName, id, version, committedAtMs));
      if (message.tag === 'commit' || changes.length >= changesAtOnceMax) await finishChanges();
      if (message.tag === 'commit') isOpen = false;
    },
    isOpen: () => isOpen,
    isActing: () => isActing,
  };
}

type Row = Readonly<Record<string, unknown>>;

/** Of a row that is gone there is only the id: whatever was known of it is wrong. */
const goneVersion = Number.MAX_SAFE_INTEGER;

/** The things that a row change touches. */
function* changesOf(
  message: Pgoutput.Message,
  rowKeys: RowKeys,
): Generator<{ readonly entityName: string; readonly id: number; readonly version: number }> {
  if (message.tag !== 'insert' && message.tag !== 'update' && message.tag !== 'delete') return;
  // An update says the old key only when it is another one.
  const gone: Row | null = message.tag === 'insert' ? null : message.key;
  const row: Row | null = message.tag === 'delete' ? null : message.new;
  for (const { entityName, id, version } of rowKeys[message.relation.name] ?? []) {
    if (gone !== null) yield { entityName, id: Number(gone[id]), version: goneVersion };
    if (row !== null) yield { entityName, id: Number(row[id]), version: Number(row[version]) };
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
