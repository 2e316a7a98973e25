import { createLeaderStream } from './leader-stream.ts';
import type { LeaderStream } from './leader-stream.ts';
import type { Change, LeaderEvent } from './messages.ts';
import type { RecordTable } from './record-table.ts';

/**
 * What a leader holds in memory, and the streams of it. A change comes here once storage has it, and before whoever asked for it is
 * answered. Changes of one record come in the order of their versions: the leader makes one after the other.
 */
export type LeaderMemory = {
  readonly records: RecordTable;
  /** In memory and on every stream when this returns. */
  apply(change: Change): void;
  /** A stream for a gateway that has connected, which begins with all records. */
  openStream(): LeaderStream;
  closeStream(stream: LeaderStream): void;
  /** The stamp of the last event: what a keep-alive that arrives now is stamped with. */
  lastAt(): number;
  /** Gives a dummy event to the streams that cannot acknowledge without one; says whether there were any. */
  giveDummies(): boolean;
};

export type LeaderMemoryOptions = {
  readonly epoch: number;
  /** As storage had them after this epoch began. */
  readonly records: RecordTable;
  readonly queuedBytesMax: number;
  readonly isLeading: () => boolean;
};

export function createLeaderMemory(options: LeaderMemoryOptions): LeaderMemory {
  const { records } = options;
  const streams = new Set<LeaderStream>();
  let lastAt = 0;
  const stamp = (message: LeaderEvent['message']): LeaderEvent => {
    lastAt += 1;
    return { at: lastAt, message };
  };
  return {
    records,
    apply(change) {
      if (change.type === 'removed') records.remove(change.key);
      else records.put({ key: change.key, version: change.version, json: change.json });
      const event = stamp(change);
      for (const stream of streams) stream.append(event);
    },
    openStream() {
      const stream = createLeaderStream({ ...options, snapshot: records.all(), at: lastAt });
      streams.add(stream);
      return stream;
    },
    closeStream: (stream) => void streams.delete(stream),
    lastAt: () => lastAt,
    giveDummies() {
      const needy = [...streams].filter((stream) => stream.needsDummy());
      if (needy.length === 0) return false;
      const event = stamp({ type: 'dummy', at: lastAt + 1 });
      for (const stream of needy) stream.append(event);
      return true;
    },
  };
}
