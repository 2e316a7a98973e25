import type { Queries } from '../storage/statement.ts';

/** What a message may say. The triggers of a migration write them, and a new type has its line here in the same commit. */
export const messageTypes = [
  'posted',
  'deleted',
  'liked',
  'commented',
  'followed',
  'unfollowed',
  'blocked',
  'privacy',
] as const;

export type MessageType = (typeof messageTypes)[number];

/** One action of one person, as its trigger has written it. */
export type OutboxMessage = {
  /** Ascending for each author. */
  readonly id: string;
  readonly authorId: number;
  readonly type: MessageType;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
};

/**
 * Does what follows from messages. Idempotent: the same message twice has the effect of once. It runs in the transaction that removes
 * the message, so that its effects in storage and the removal are kept together or not at all; an author's messages come in their
 * order.
 */
export type Consumer = {
  /** Kept with the messages that another consumer fails on: it must not change. */
  readonly name: string;
  readonly takes: readonly MessageType[];
  /**
   * Hears, before it is given any of them, of all messages that it is given in a transaction: a consumer that takes
   * all its locks here, in one order, waits for no other worker in a circle. Where the messages of a batch are tried
   * one by one, it hears of each by itself, right before it is given that one.
   */
  prepare?(messages: readonly OutboxMessage[], queries: Queries): Promise<void>;
  consume(message: OutboxMessage, queries: Queries): Promise<void>;
};

/** What a worker does again and again beside its messages, such as removing what has expired. */
export type Chore = {
  readonly name: string;
  /** In real time. What has come to its end is for the world's clock to say. */
  readonly everyMs: number;
  run(): Promise<void>;
};
