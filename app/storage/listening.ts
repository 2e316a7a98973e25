import { Socket } from 'node:net';
import pg from 'pg';
import { DarkroomError, isStorageAway } from '../errors.ts';
import { connectionTo } from './connection-settings.ts';
import { keepTrying } from './keep-trying.ts';
import { toRefusal } from './refusals.ts';
import type { Queries, Statement } from './statement.ts';

/** Hears what others NOTIFY on a channel. Nothing of it may throw. */
export type ChannelListener = {
  readonly notified: (payload: string) => void;
  /** From here on notifications may be lost, until `resumed`. Told once for an outage, with its reason; also when nothing was heard yet. */
  readonly disconnected: (reason: unknown) => void;
  /**
   * Hears again, or for the first time. What was sent before is not known. `own` sends statements on the connection that listens,
   * where they wait for nobody else's; when it is lost they are refused. One that PostgreSQL does not answer says that it is lost.
   */
  readonly resumed: (own: Queries) => void;
};

export type Listening = {
  /** Resolves when nothing is heard any more. */
  stop(): Promise<void>;
};

export type ListenOptions = {
  readonly databaseUrl: string;
  readonly channel: string;
  readonly listener: ChannelListener;
  /**
   * How often PostgreSQL is asked whether it is there, and whether it still listens for this connection. It may be
   * seldom where the listener itself sends statements on the connection more often.
   */
  readonly beatMs?: number;
};

const limits = { connectionTimeoutMillis: 1_000, statement_timeout: 2_000, query_timeout: 2_500 } as const;
const defaultBeatMs = 1_000;
/** The longest name that PostgreSQL does not cut. */
const channelBytesMax = 63;
/** A connection is closed with a word for so long, and then without one. */
const endLimitMs = 500;

const listenStatement = (channel: string): Statement => ({ name: 'listen', text: `LISTEN ${channel}` });

/** Behind a pooler that gives every statement another connection, the one that listens may be somebody else's by now. */
const selectListening: Statement = {
  name: 'select_listening',
  text: 'SELECT FROM pg_listening_channels() AS listening (channel) WHERE channel = $1',
};

/** Listens on a connection of its own, which comes back by itself. Throws a RangeError for a channel that is none. */
export function listenTo(options: ListenOptions): Listening {
  const { channel, listener } = options;
  if (channel === '' || Buffer.byteLength(channel) > channelBytesMax)
    throw new RangeError(`a channel has a name of 1 to ${channelBytesMax} bytes, not "${channel}"`);
  const stopping = new AbortController();
  let isOut = false;
  const running = keepTrying({
    signal: stopping.signal,
    attempt: (succeeded) =>
      hearUntilLost(options, stopping.signal, (client, lose) => {
        isOut = false;
        succeeded();
        listener.resumed(queriesOn(client, lose));
      }),
    ended(_, reason) {
      if (!isOut) listener.disconnected(reason);
      isOut = true;
    },
  });
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Hears until the connection is lost or the signal comes. Always rejects, saying why. */
async function hearUntilLost(
  { databaseUrl, channel, listener, beatMs = defaultBeatMs }: ListenOptions,
  signal: AbortSignal,
  onHearing: (client: pg.Client, lose: (reason: unknown) => void) => void,
): Promise<void> {
  const socket = new Socket();
  const client = new pg.Client({ ...connectionTo(databaseUrl), ...limits, stream: () => socket });
  const { promise: lost, reject } = Promise.withResolvers<never>();
  // It may be lost before anybody waits for that.
  lost.catch(() => {});
  const fail = (why: string) => reject(new DarkroomError('STORAGE_UNAVAILABLE', why));
  const stop = () => fail('it is stopped');
  client.on('error', reject);
  client.on('end', () => fail('the server closed the connection'));
  client.on('notification', ({ payload = '' }) => {
    if (!signal.aborted) listener.notified(payload);
  });
  signal.addEventListener('abort', stop);
  const beat = createBeat(async () => {
    const { rows } = await client.query({ ...selectListening, values: [channel] });
    if (rows.length === 0) fail('this connection does not listen any more: is a pooler between?');
  }, reject);
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([client.connect(), lost]);
    await Promise.race([client.query(listenStatement(client.escapeIdentifier(channel)).text), lost]);
    onHearing(client, reject);
    timer = setInterval(beat, beatMs);
    await lost;
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', stop);
    await close(client, socket);
  }
}

const queriesOn = (client: pg.Client, lose: (reason: unknown) => void): Queries => ({
  async query<Row extends object>({ name, text }: Statement, values: readonly unknown[]) {
    try {
      const { rows } = await client.query<Row>({ name, text, values: [...values] });
      return rows;
    } catch (error) {
      const refusal = toRefusal(error);
      if (isStorageAway(refusal)) lose(refusal);
      throw refusal;
    }
  },
});

/** Asks, unless the last question is still open. */
function createBeat(ask: () => Promise<void>, failed: (reason: unknown) => void): () => void {
  let isAsking = false;
  const beat = async (): Promise<void> => {
    isAsking = true;
    await ask().catch(failed);
    isAsking = false;
  };
  return () => {
    if (!isAsking) beat().catch(failed);
  };
}

async function close(client: pg.Client, socket: Socket): Promise<void> {
  const limit = setTimeout(() => socket.destroy(), endLimitMs);
  await client.end().catch(() => {});
  clearTimeout(limit);
  socket.destroy();
}
