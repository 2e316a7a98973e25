import type { Clock } from '../clock.ts';
import { DarkroomError, isStorageAway } from '../errors.ts';
import type { Storage } from '../storage/postgres.ts';
import type { Queries, TransactionQueries } from '../storage/statement.ts';
import { messageTypes } from './consumer.ts';
import type { Consumer, OutboxMessage } from './consumer.ts';
import type { OutboxEvent } from './outbox-events.ts';
import { outboxTable, partitionCount } from './outbox-table.ts';
import type { StoredMessage } from './outbox-table.ts';

export type DeliveryParts = {
  readonly storage: Pick<Storage, 'query' | 'transaction'>;
  readonly consumers: readonly Consumer[];
  /** Of the world: says when a message is tried again. */
  readonly clock: Clock;
  /** Of the machine, as the stamps of messages are. */
  readonly wallClock: Clock;
  readonly observe: (event: OutboxEvent) => void;
  readonly onFailure: (failure: Failure, message: StoredMessage) => void;
};

/** A consumer that failed on a message. */
export type Failure = { readonly consumer: string; readonly error: unknown };

/** What became of a message. `done`: the consumers that have it by now. */
type Result = {
  readonly message: StoredMessage;
  readonly done: readonly string[];
  readonly failure: Failure | null;
};

/** After so many it is given up: about two minutes, with the pauses below. */
export const attemptsMax = 10;
const firstPauseMs = 250;
const longestPauseMs = 60_000;

/** A partition is not held for longer than a batch: the others wait for their turn. */
const batchMessagesMax = 100;
const batchMs = 1_000;
/** A consumer's work is a few statements, each of which has its own bound. */
const consumeLimitMs = 5_000;
const transactionLimitMs = 15_000;
const reasonLengthMax = 500;

/**
 * Works off one batch of one partition, in one transaction: what consumers do and the removal of the messages are kept together. The
 * first try takes the batch as a whole; when anything in it fails, each consumer is tried apart, so that only what fails is undone.
 * Answers whether there was a batch.
 */
export function createDelivery(parts: DeliveryParts): () => Promise<boolean> {
  let from = 0;
  /** The second try begins at the partition that the first one had. */
  const claim = async (queries: TransactionQueries, nowMs: number): Promise<number | null> => {
    const partition = await outboxTable.claim(queries, nowMs, from);
    from = partition ?? from;
    return partition;
  };
  const work = (isApart: boolean) =>
    parts.storage.transaction((queries) => workOff(parts, queries, { claim, isApart }), transactionLimitMs);
  return async () => {
    if (!(await outboxTable.hasWork(parts.storage, parts.clock.now()))) return false;
    try {
      const results = await work(false).catch((error: unknown) => {
        if (isStorageAway(error)) throw error;
        return work(true);
      });
      for (const result of results ?? []) tell(parts, result);
      return results !== null;
    } finally {
      // Also after a partition that cannot be worked off at all: the others have their turns before it is tried again.
      from = (from + 1) % partitionCount;
    }
  };
}

type Way = {
  /** The partition that is worked off; null: there is none. */
  readonly claim: (queries: TransactionQueries, nowMs: number) => Promise<number | null>;
  readonly isApart: boolean;
};

async function workOff(
  parts: DeliveryParts,
  queries: TransactionQueries,
  { claim, isApart }: Way,
): Promise<readonly Result[] | null> {
  const { clock, wallClock } = parts;
  const nowMs = clock.now();
  const partition = await claim(queries, nowMs);
  if (partition === null) return null;
  const endMs = wallClock.now() + batchMs;
  const messages = await outboxTable.read(queries, nowMs, partition, batchMessagesMax);
  if (!isApart) await prepareAll(parts.consumers, messages, queries);
  const results: Result[] = [];
  const waiting = new Set<number>();
  for (const message of messages) {
    if (wallClock.now() > endMs && results.length > 0) break;
    if (waiting.has(message.authorId)) continue;
    const result = await give(parts.consumers, message, queries, isApart);
    if (result.failure !== null) waiting.add(message.authorId);
    results.push(result);
  }
  await settle(queries, partition, results, nowMs);
  return results;
}

/** Null: of a type that this version does not know. */
function knownOf({ done: _done, attempts: _attempts, ...rest }: StoredMessage): OutboxMessage | null {
  const type = messageTypes.find((known) => known === rest.type);
  return type === undefined ? null : { ...rest, type };
}

const lacks = ({ name, takes }: Consumer, message: StoredMessage): boolean =>
  takes.some((type) => type === message.type) && !message.done.includes(name);

/** Each consumer with all that it will be given. */
async function prepareAll(
  consumers: readonly Consumer[],
  messages: readonly StoredMessage[],
  queries: TransactionQueries,
): Promise<void> {
  for (const consumer of consumers) {
    const own = messages.filter((message) => lacks(consumer, message));
    const known = own.map(knownOf).filter((message) => message !== null);
    await consumer.prepare?.(known, queries);
  }
}

/** Gives a message to the consumers that lack it: each apart, or all together, and then the first failure is thrown. */
async function give(
  consumers: readonly Consumer[],
  message: StoredMessage,
  queries: TransactionQueries,
  isApart: boolean,
): Promise<Result> {
  const known = knownOf(message);
  if (known === null) {
    const text = `This version knows no message of the type "${message.type}".`;
    const error = new DarkroomError('UNKNOWN_MESSAGE', text);
    if (!isApart) throw error;
    return { message, done: message.done, failure: { consumer: '', error } };
  }
  const consumeApart = (consumer: Consumer) => async (own: Queries) => {
    await consumer.prepare?.([known], own);
    await consumer.consume(known, own);
  };
  const done = [...message.done];
  let failure: Failure | null = null;
  for (const consumer of consumers) {
    if (!lacks(consumer, message)) continue;
    try {
      if (isApart) await queries.attempt(consumeApart(consumer), consumeLimitMs);
      else await consumer.consume(known, queries);
      done.push(consumer.name);
    } catch (error) {
      if (!isApart) throw error;
      failure = { consumer: consumer.name, error };
    }
  }
  return { message, done, failure };
}

/** Removes what is done, and says of what failed when it is tried again, or that it is given up. */
async function settle(
  queries: TransactionQueries,
  partition: number,
  results: readonly Result[],
  nowMs: number,
): Promise<void> {
  const finished = results.flatMap(({ failure, message }) => (failure === null ? [message.id] : []));
  if (finished.length > 0) await outboxTable.remove(queries, partition, finished);
  for (const { message, done, failure } of results) {
    if (failure === null) continue;
    const failed = { partition, id: message.id, done };
    if (isLast(message)) {
      const reason = reasonOf(failure.error);
      await outboxTable.bury(queries, failed, { atMs: nowMs, consumer: failure.consumer, reason });
    } else {
      const pauseMs = Math.min(firstPauseMs * 2 ** message.attempts, longestPauseMs);
      await outboxTable.postpone(queries, failed, nowMs + pauseMs);
    }
  }
}

const isLast = ({ attempts }: StoredMessage): boolean => attempts + 1 >= attemptsMax;

/** With the server's own words, where it has said something. */
function reasonOf(error: unknown): string {
  const code = error instanceof DarkroomError ? `${error.code}: ` : '';
  const text = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${code}${text}${cause}`.replaceAll('\0', '').slice(0, reasonLengthMax);
}

function tell({ observe, onFailure, wallClock }: DeliveryParts, { message, failure }: Result): void {
  const type = messageTypes.find((known) => known === message.type) ?? 'unknown';
  if (failure === null) {
    observe({ type, outcome: 'done', lagMs: Math.max(0, wallClock.now() - message.createdAtMs) });
    return;
  }
  onFailure(failure, message);
  observe({ type, outcome: isLast(message) ? 'dead' : 'failed', lagMs: null });
}
