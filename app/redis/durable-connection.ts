import { DarkroomError } from '../errors.ts';
import { createDeadlines } from './deadlines.ts';
import type { Deadlines } from './deadlines.ts';
import { commandTimeoutMs, connectWithin, createCommandConnection, isReply } from './redis-connection.ts';
import type { CommandConnection } from './redis-connection.ts';

/** A connection to a Redis that must keep what it has acknowledged. */
export type DurableConnection = {
  /** Whoever sends a command bounds its time, by `within`. */
  readonly redis: CommandConnection;
  readonly within: Deadlines['within'];
  /** Whether the Redis of the present connection has been checked, and keeps what it acknowledges. */
  isTrusted(): boolean;
  /** Throws REDIS_NOT_DURABLE. A Redis that does not answer is checked as soon as it does, and not trusted before. */
  start(): Promise<void>;
  close(): void;
};

/** What sends commands, and bounds the time that each takes. */
type Sender = Pick<DurableConnection, 'redis' | 'within'>;

export type DurableConnectionOptions = {
  readonly url: string;
  /** Who needs such a Redis and for what, as the beginning of the refusal. */
  readonly need: string;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
  /** How long a command may take. By default as long as a request may be held up. */
  readonly timeoutMs?: number;
};

/** Settings of Redis, what they must be, and why. */
const requirements = [
  { name: 'appendonly', isMet: (value: string) => value === 'yes', remedy: 'appendonly yes' },
  { name: 'appendfsync', isMet: (value: string) => value === 'always', remedy: 'appendfsync always' },
  {
    // A queue has no expiry: only the policies that look at all keys can evict it.
    name: 'maxmemory-policy',
    isMet: (value: string) => !value.startsWith('allkeys'),
    remedy: 'maxmemory-policy noeviction, or a volatile- one',
  },
] as const;

/** `need`: who needs such a Redis, and for what. */
function refuse(need: string, remedy: string, cause?: unknown): never {
  throw new DarkroomError('REDIS_NOT_DURABLE', `${need}: ${remedy}`, { cause });
}

const isRefusal = (error: unknown): boolean =>
  error instanceof DarkroomError && error.code === 'REDIS_NOT_DURABLE';

/** What the server says of its settings, in their order, and of the newest command that a queue needs. */
async function askServer({ redis, within }: Sender, need: string): Promise<readonly unknown[]> {
  try {
    return await within(
      Promise.all([
        ...requirements.map(({ name }) => redis.call('CONFIG', 'GET', name)),
        redis.call('COMMAND', 'INFO', 'XAUTOCLAIM'),
      ]),
    );
  } catch (error) {
    if (!isReply(error)) throw error;
    return refuse(need, 'to make sure of that it must allow CONFIG GET and COMMAND INFO.', error);
  }
}

/** Throws REDIS_NOT_DURABLE when the server's settings allow it to lose what it has acknowledged. */
async function checkDurability(sender: Sender, need: string): Promise<void> {
  const answers = await askServer(sender, need);
  const unmet = requirements.filter(({ isMet }, index) => !isMet(settingOf(answers[index])));
  if (unmet.length > 0) refuse(need, `set ${unmet.map(({ remedy }) => remedy).join('; ')}.`);
  const commands = answers.at(-1);
  if (!Array.isArray(commands) || !Array.isArray(commands[0]))
    refuse(need, 'Redis 6.2 is the oldest that will do.');
}

/** Redis answers with the name of a setting and its value. */
function settingOf(reply: unknown): string {
  return Array.isArray(reply) ? String(reply[1]) : '';
}

export function createDurableConnection({
  url,
  need,
  runInBackground,
  timeoutMs = commandTimeoutMs,
}: DurableConnectionOptions): DurableConnection {
  const redis = createCommandConnection(url, null);
  const { within, stop } = createDeadlines(timeoutMs);
  let isTrusted = false;
  let connections = 0;
  redis.on('close', () => {
    isTrusted = false;
    connections += 1;
  });
  const check = async (): Promise<void> => {
    const checked = connections;
    try {
      await checkDurability({ redis, within }, need);
    } catch (error) {
      // No answer in time says nothing: the next connection is asked again.
      if (!isRefusal(error)) redis.disconnect(true);
      throw error;
    }
    isTrusted = checked === connections;
  };
  return {
    redis,
    within,
    isTrusted: () => isTrusted,
    async start() {
      await connectWithin(redis);
      if (redis.status === 'ready') {
        await check().catch((error: unknown) => {
          if (!isRefusal(error)) return;
          redis.disconnect();
          throw error;
        });
      }
      // It may come back with other settings.
      redis.on('ready', () => runInBackground('check that Redis keeps what it acknowledges', check()));
    },
    close() {
      stop();
      redis.disconnect();
    },
  };
}
