import type { GatewayMessage } from './messages.ts';

/** The keep-alives of a gateway: when one is due, and which of them the leader has not acknowledged. */
export type KeepAlives = {
  /** The id of the keep-alive that was sent last. The next one has the next number. */
  lastId(): number;
  /**
   * When the next one is to be sent: early when a read waits for it, or when it is the first one of a session, before which nobody has
   * vouched for its snapshot. Infinity: not before one is acknowledged.
   */
  dueAtMs(isWaitedFor: boolean): number;
  send(nowMs: number): GatewayMessage;
  /** When the acknowledged one was sent; null when nobody waits for its acknowledgement. */
  acknowledge(id: number): number | null;
  /** When the oldest keep-alive was sent that is not acknowledged; null when there is none. */
  unansweredSinceMs(): number | null;
  /** The session is over: what was sent in it will not be acknowledged. */
  forgetSent(): void;
};

export type KeepAliveOptions = {
  /** Keep-alives are at least this far apart, also those of different sessions. */
  readonly keepAliveGapMs: number;
  /** How long after a keep-alive the next one is due though nobody waits for it. */
  readonly heartbeatMs: number;
};

/**
 * With so many keep-alives that are not acknowledged, no further one is sent. A leader that has been silent for so
 * long acknowledges all of them at once, if it ever does.
 */
const unansweredMax = 1_000;

export function createKeepAlives({ keepAliveGapMs, heartbeatMs }: KeepAliveOptions): KeepAlives {
  let lastId = 0;
  let lastSentAtMs = Number.NEGATIVE_INFINITY;
  let isFirst = true;
  /** The keep-alives that are not acknowledged, in the order of their ids, without a gap. */
  let unanswered: { readonly id: number; readonly sentAtMs: number }[] = [];
  return {
    lastId: () => lastId,
    dueAtMs(isWaitedFor) {
      if (unanswered.length >= unansweredMax) return Number.POSITIVE_INFINITY;
      return lastSentAtMs + (isWaitedFor || isFirst ? keepAliveGapMs : heartbeatMs);
    },
    send(nowMs) {
      lastId += 1;
      lastSentAtMs = nowMs;
      isFirst = false;
      unanswered.push({ id: lastId, sentAtMs: nowMs });
      return { type: 'keep-alive', id: lastId };
    },
    acknowledge(id) {
      const index = id - (unanswered[0]?.id ?? Number.POSITIVE_INFINITY);
      const acknowledged = unanswered[index];
      if (acknowledged === undefined) return null;
      unanswered = unanswered.slice(index + 1);
      return acknowledged.sentAtMs;
    },
    unansweredSinceMs: () => unanswered[0]?.sentAtMs ?? null,
    forgetSent() {
      unanswered = [];
      isFirst = true;
    },
  };
}
