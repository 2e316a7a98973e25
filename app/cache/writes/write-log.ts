import type { DurableConnection } from '../../redis/durable-connection.ts';
import { loadScripts } from '../../redis/redis-scripts.ts';
import type { RunScript } from '../../redis/redis-scripts.ts';
import {
  appendScript,
  groupName,
  logScripts,
  refuseScript,
  settleScript,
  takeOverScript,
  takeScript,
} from './write-log-scripts.ts';

/** A write as it waits. `payload` is JSON. */
export type WaitingWrite = {
  readonly kind: string;
  readonly coalescingKey: string;
  readonly payload: string;
};

export type TakenWrite = WaitingWrite & {
  readonly id: string;
  /** How long it had waited when it was taken. */
  readonly waitedMs: number;
};

/**
 * The writes that wait for storage, in a Redis stream that all replicas append to and take from. Whoever takes one has it
 * until it is settled, or until it is taken over. Every call rejects when Redis does not answer, or cannot be trusted.
 */
export type WriteLog = {
  /** Adds a write, and says how many wait now; 0 where the queue is full and has not taken it. */
  append(write: WaitingWrite, entriesMax: number): Promise<number>;
  /** The oldest that nobody has taken. */
  take(count: number): Promise<readonly TakenWrite[]>;
  /** Takes over some that somebody took at least that long ago and has not settled. Repeated calls go through all of them. */
  takeOver(count: number, idleMs: number): Promise<readonly TakenWrite[]>;
  /** Notes that storage has these writes, and says how many of them nobody had settled before. */
  settle(ids: readonly string[]): Promise<number>;
  /**
   * Notes that storage has refused a write for a reason that lies in the write itself. True when that was once too
   * often, so that the write is a dead letter now.
   */
  refuse(id: string, reason: string): Promise<boolean>;
};

/** A write that storage has refused so often is set aside. */
const attemptsMax = 3;
/** With more, refused writes stay in the queue, which then fills and says so. */
const deadLettersMax = 10_000;
const reasonCharsMax = 200;
const firstId = '0-0';

/** `onLength` is told how many writes wait whenever that is seen: with every write that is appended, and with every look. */
export function createWriteLog(
  connection: DurableConnection,
  keyPrefix: string,
  onLength: (writes: number) => void,
): WriteLog {
  const { redis, within } = connection;
  const run = createRunScript(connection);
  const stream = `${keyPrefix}write-behind`;
  const attempts = `${stream}:attempts`;
  const deadLetters = `${stream}:dead-letters`;
  let takeOverFrom = firstId;

  /** The group is there from the first take on; a Redis that has lost everything has lost it too. */
  const inGroup = async (command: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await command();
    } catch (error) {
      if (!String(error).includes('NOGROUP')) throw error;
      const created = within(redis.xgroup('CREATE', stream, groupName, firstId, 'MKSTREAM'));
      await created.catch((failure: unknown) => {
        // Another replica may have been first.
        if (!String(failure).includes('BUSYGROUP')) throw failure;
      });
      return command();
    }
  };

  return {
    async append({ kind, coalescingKey, payload }, entriesMax) {
      const length = Number(await run(appendScript, [stream], [entriesMax, kind, coalescingKey, payload]));
      onLength(length === 0 ? entriesMax : length);
      return length;
    },
    async take(count) {
      const [nowMs, entries, length] = listOf(await inGroup(() => run(takeScript, [stream], [count])));
      onLength(Number(length));
      return listOf(entries).map((entry) => parseEntry(entry, Number(nowMs)));
    },
    async takeOver(count, idleMs) {
      const [nowMs, entries, next, length] = listOf(
        await inGroup(() => run(takeOverScript, [stream], [count, idleMs, takeOverFrom])),
      );
      onLength(Number(length));
      takeOverFrom = String(next);
      return listOf(entries).map((entry) => parseEntry(entry, Number(nowMs)));
    },
    settle: async (ids) => (ids.length === 0 ? 0 : Number(await run(settleScript, [stream, attempts], ids))),
    async refuse(id, reason) {
      const args = [id, reason.slice(0, reasonCharsMax), attemptsMax, deadLettersMax];
      return (await run(refuseScript, [stream, attempts, deadLetters], args)) === 1;
    },
  };
}

/** Runs scripts on a Redis that is trusted. */
function createRunScript({ redis, within, isTrusted }: DurableConnection): RunScript {
  const runScript = loadScripts(redis, logScripts);
  return async (script, keys, args) => {
    if (!isTrusted()) throw new RangeError('the Redis of the queue has not been checked, or is not durable');
    return within(runScript(script, keys, args));
  };
}

function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

/** An id begins with the time at which Redis gave it. What is not ours is a write of no kind, which nobody applies. */
function parseEntry(entry: unknown, nowMs: number): TakenWrite {
  const [id, fields] = listOf(entry);
  const texts = listOf(fields).map(String);
  const valueOf = (name: string): string =>
    texts.find((_, index) => index % 2 === 1 && texts[index - 1] === name) ?? '';
  return {
    id: String(id),
    kind: valueOf('kind'),
    coalescingKey: valueOf('key'),
    payload: valueOf('payload'),
    waitedMs: Math.max(0, nowMs - Number.parseInt(String(id), 10)),
  };
}
