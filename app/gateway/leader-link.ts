import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { GatewayObserver } from './gateway-events.ts';
import type { Leadership } from './lease-store.ts';
import type { Session } from './protocol/leader-sessions.ts';
import { decodeStreamMessage, encodeGatewayMessage } from './protocol/message-codec.ts';
import type { Replica } from './protocol/replica.ts';
import type { Reader } from './protocol/waiting-reads.ts';
import { connectStream } from './stream-transport.ts';

export type LeaderLinkParts = {
  readonly replica: Replica;
  readonly leader: () => Leadership | null;
  readonly token: string;
  /** Monotonic. */
  readonly clock: Clock;
  readonly random: () => number;
  readonly observe: GatewayObserver;
  /** How much later all that the leader says is heard. Above 0 in a lab only, to see what staleness does. */
  readonly delayMs: number;
};

/** A replica that is fed by whoever leads. */
export type LeaderLink = {
  /** Answers the reader as soon as the replica is known to have all that the leader had when this was called. */
  read(reader: Reader): void;
  /** A leader was found, perhaps another one. */
  found(leadership: Leadership): void;
  /** Resolves with the first whole replica. */
  readonly synchronised: Promise<void>;
  stop(): Promise<void>;
};

const [firstPauseMs, longestPauseMs] = [50, 2_000];
/** Timers that are so late say that this process stood still: what has come meanwhile is heard first. */
const lateMs = 50;

/** Connects to the leader, again and again with pauses that grow, and gives the replica what it says and the time that passes. */
export function linkToLeader(parts: LeaderLinkParts): LeaderLink {
  const { replica, clock } = parts;
  const stopping = new AbortController();
  const ticker = createTicker(replica, clock);
  const { promise: synchronised, resolve } = Promise.withResolvers<void>();
  let waking = new AbortController();
  const pauseOnce = async (ms: number): Promise<void> => {
    waking = new AbortController();
    const signal = AbortSignal.any([waking.signal, stopping.signal]);
    await wait(ms, undefined, { signal }).catch(() => {});
  };
  const onHeard = (): void => {
    if (replica.isSynchronised()) resolve();
    ticker.arm();
  };
  /**
   * Tries one session. An address that is not valid counts as one where nobody listens, since the lease may name a
   * better one later.
   */
  const trySession = (leadership: Leadership): Promise<boolean> =>
    runSession(parts, leadership, onHeard, stopping.signal).catch(() => {
      parts.observe.connection('lost');
      return false;
    });
  const keepConnected = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      const leadership = parts.leader();
      if (leadership !== null && (await trySession(leadership))) failures = 0;
      const longestMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 16));
      // Gateways that were cut off together come back one by one.
      await pauseOnce(longestMs * (0.5 + parts.random() / 2));
    }
  };
  const running = keepConnected();
  let knownEpoch = 0;
  return {
    read(reader) {
      replica.read(reader, clock.now());
      ticker.arm();
    },
    found({ epoch }) {
      replica.knowEpoch(epoch);
      if (epoch > knownEpoch) waking.abort();
      knownEpoch = Math.max(knownEpoch, epoch);
    },
    synchronised,
    async stop() {
      stopping.abort();
      await running;
      ticker.stop();
    },
  };
}

/** One session, to its end. Answers whether the replica was whole in it. */
async function runSession(
  { replica, token, clock, observe, delayMs }: LeaderLinkParts,
  { address }: Leadership,
  onHeard: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let session: Session | null = null;
  let wasWhole = false;
  const hear = (text: string): void => {
    for (const line of text.split('\n')) {
      const message = decodeStreamMessage(line);
      if (message === null) return connection.close();
      session?.receive(message, clock.now());
    }
    wasWhole ||= replica.isSynchronised();
    onHeard();
  };
  const connection = connectStream(
    address,
    token,
    (open) => {
      observe.connection('connected');
      session = replica.openSession(
        {
          send(message) {
            observe.keepAliveSent();
            open.send(encodeGatewayMessage(message), () => {});
          },
          ended: () => open.close(),
        },
        clock.now(),
      );
    },
    {
      received: (text) => void (delayMs > 0 ? setTimeout(() => hear(text), delayMs) : hear(text)),
      closed: resolve,
    },
  );
  const close = (): void => connection.close();
  signal.addEventListener('abort', close);
  if (signal.aborted) close();
  await ended;
  signal.removeEventListener('abort', close);
  if (session !== null) observe.connection('lost');
  (session as Session | null)?.lose();
  onHeard();
  return wasWhole;
}

/** Wakes the replica when something is due. */
function createTicker(replica: Replica, clock: Clock) {
  let timer: NodeJS.Timeout | undefined;
  let armedForMs = Number.POSITIVE_INFINITY;
  const disarm = (): void => {
    clearTimeout(timer);
    armedForMs = Number.POSITIVE_INFINITY;
  };
  const tick = (): void => {
    replica.tick(clock.now());
    arm();
  };
  const arm = (): void => {
    const atMs = replica.wakeAtMs() ?? Number.POSITIVE_INFINITY;
    if (atMs === armedForMs) return;
    disarm();
    if (atMs === Number.POSITIVE_INFINITY) return;
    armedForMs = atMs;
    timer = setTimeout(
      () => {
        armedForMs = Number.POSITIVE_INFINITY;
        if (clock.now() - atMs > lateMs) setImmediate(tick);
        else tick();
      },
      Math.max(0, atMs - clock.now()),
    );
  };
  return { arm, stop: disarm };
}
