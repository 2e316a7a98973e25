import type { Clock } from '../clock.ts';
import type { LeaderObserver } from './gateway-events.ts';
import type { LeaderMemory } from './protocol/leader-memory.ts';
import type { LeaderStream } from './protocol/leader-stream.ts';
import { bytesOf } from './protocol/messages.ts';
import { decodeGatewayMessage, encodeStreamMessage } from './protocol/message-codec.ts';
import type { StreamConnection, StreamListener } from './stream-transport.ts';

/** The streams of one leadership over their connections. */
export type GatewayStreams = {
  open(connection: StreamConnection): StreamListener;
  /** Something happened: every connection is given what it takes. */
  pump(): void;
  count(): number;
  /** How many bytes wait to be sent to the slowest gateway. */
  queuedBytes(): number;
  /** Ends all connections: this leadership is over. */
  close(): void;
};

export type GatewayStreamsParts = {
  readonly memory: LeaderMemory;
  /** How far apart events are at most while somebody waits for one: where nothing happens, dummy events are given. */
  readonly eventGapMs: number;
  readonly clock: Clock;
  readonly observe: LeaderObserver;
};

/** A connection on which this many bytes wait to be sent is given more only when some of them have gone. */
const inFlightBytesMax = 1024 * 1024;
/** A frame is closed when it has so much. */
const frameBytes = 64 * 1024;

type OpenStream = { readonly stream: LeaderStream; readonly connection: StreamConnection };

/** Gives each connection what its stream has, as far as it takes it, and dummy events to those that wait for an event. */
export function createGatewayStreams({
  memory,
  eventGapMs,
  clock,
  observe,
}: GatewayStreamsParts): GatewayStreams {
  const open = new Set<OpenStream>();
  let dummyTimer: NodeJS.Timeout | null = null;

  const pumpOne = (one: OpenStream): void => {
    const { stream, connection } = one;
    while (connection.queuedBytes() < inFlightBytesMax) {
      const frame = nextFrame(stream);
      if (frame === null) break;
      observe.sent(frame.length);
      connection.send(frame, () => {
        if (open.has(one)) pumpOne(one);
      });
    }
    const reason = stream.cutReason();
    if (reason === null) return;
    if (reason === 'slow') observe.cut();
    connection.close();
  };
  const pump = (): void => {
    for (const one of open) pumpOne(one);
    scheduleDummy();
  };
  /** Events come in a steady beat, of which those are left out that nobody waits for. */
  const scheduleDummy = (): void => {
    if (dummyTimer !== null || ![...open].some(({ stream }) => stream.needsDummy())) return;
    const untilNextMs = eventGapMs - (clock.now() % eventGapMs);
    dummyTimer = setTimeout(() => {
      dummyTimer = null;
      if (memory.giveDummies()) pump();
    }, untilNextMs);
  };
  return {
    open(connection) {
      const one = { stream: memory.openStream(), connection };
      open.add(one);
      pumpOne(one);
      return {
        received(text) {
          const message = decodeGatewayMessage(text);
          if (message === null) return connection.close();
          one.stream.receive(message, memory.lastAt());
          pumpOne(one);
          scheduleDummy();
        },
        closed() {
          open.delete(one);
          memory.closeStream(one.stream);
        },
      };
    },
    pump,
    count: () => open.size,
    queuedBytes: () =>
      Math.max(
        0,
        ...[...open].map(({ stream, connection }) => stream.queuedBytes() + connection.queuedBytes()),
      ),
    close() {
      if (dummyTimer !== null) clearTimeout(dummyTimer);
      for (const { connection } of open) connection.close();
    },
  };
}

/** As many messages as fill a frame; null when there are none. */
function nextFrame(stream: LeaderStream): string | null {
  const lines: string[] = [];
  for (let bytes = 0; bytes < frameBytes;) {
    const message = stream.next();
    if (message === null) break;
    lines.push(encodeStreamMessage(message));
    bytes += bytesOf(message);
  }
  return lines.length === 0 ? null : lines.join('\n');
}
