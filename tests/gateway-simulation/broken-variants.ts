import type { LeaderStream } from '../../app/gateway/protocol/leader-stream.ts';
import type { StreamMessage } from '../../app/gateway/protocol/messages.ts';
import { createRecordTable } from '../../app/gateway/protocol/record-table.ts';
import type { RecordTable } from '../../app/gateway/protocol/record-table.ts';
import type { Behaviour } from './behaviour.ts';

/** The protocol as it is. */
export const asItIs: Behaviour = {
  fence: 'locked',
  looksAtLease: true,
  loadsBeforeTakeOver: false,
  goesOnAfterUnknown: false,
  disguise: (stream) => stream,
  createTable: createRecordTable,
  understand: (message) => [message],
};

type Ack = Extract<StreamMessage, { readonly type: 'ack' }>;

/** Puts an acknowledgement before what waits to be sent. */
function acknowledgeAtOnce(stream: LeaderStream): LeaderStream {
  const acks: Ack[] = [];
  return {
    ...stream,
    receive: ({ id }, at) => void acks.push({ type: 'ack', keepAlive: id, at }),
    next: () => acks.shift() ?? stream.next(),
  };
}

/** After any event, acknowledges whatever came last, also where more waits that happened before it. */
function acknowledgeNewest(stream: LeaderStream): LeaderStream {
  let newest: number | null = null;
  let ack: Ack | null = null;
  return {
    ...stream,
    receive(message, at) {
      newest = message.id;
      stream.receive(message, at);
    },
    next() {
      const due = ack;
      ack = null;
      if (due !== null) return due;
      let message = stream.next();
      // Its own acknowledgements are late beside these.
      while (message?.type === 'ack') message = stream.next();
      const isEvent =
        message !== null && message.type !== 'snapshot-begin' && message.type !== 'snapshot-end';
      if (isEvent && newest !== null) {
        ack = { type: 'ack', keepAlive: newest, at: 0 };
        newest = null;
      }
      return message;
    },
  };
}

function copyOf(previous: RecordTable | null): RecordTable {
  const table = createRecordTable();
  for (const record of previous?.all() ?? []) table.put(record);
  return table;
}

/** Takes the snapshot for complete as soon as it begins. */
function endSnapshotAtOnce(): Behaviour['understand'] {
  return (message) => {
    if (message.type === 'snapshot-end') return [];
    if (message.type !== 'snapshot-begin') return [message];
    return [message, { type: 'snapshot-end', epoch: message.epoch, at: 0 }];
  };
}

/** Each breaks one rule, and with it a promise; `seed` shows it. */
export const brokenVariants: readonly {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly seed: number;
  /** What is broken, as the oracle says it. */
  readonly violates: RegExp;
}[] = [
  {
    name: 'a keep-alive is acknowledged before the updates that wait',
    behaviour: { ...asItIs, disguise: acknowledgeAtOnce },
    seed: 22,
    violates: /is of version|is missing/,
  },
  {
    name: 'the newest keep-alive is acknowledged instead of the latest eligible',
    behaviour: { ...asItIs, disguise: acknowledgeNewest },
    seed: 36,
    violates: /is of version|is missing/,
  },
  {
    name: 'a snapshot is merged into what was there',
    behaviour: { ...asItIs, createTable: copyOf },
    seed: 5,
    violates: /had been deleted/,
  },
  {
    name: 'a snapshot is visible before its end',
    behaviour: { ...asItIs, understand: endSnapshotAtOnce() },
    seed: 395,
    violates: /old at most: \S+ is missing/,
  },
  {
    name: 'a write of an old leader is accepted',
    behaviour: { ...asItIs, fence: 'none' },
    seed: 1,
    violates: /is of version|is missing/,
  },
  {
    name: 'the epoch is looked at before the write instead of in it',
    behaviour: { ...asItIs, fence: 'looked-at-before' },
    seed: 31,
    violates: /is of version|is missing/,
  },
  {
    name: 'a leader acknowledges without a look at its lease',
    behaviour: { ...asItIs, looksAtLease: false },
    seed: 811,
    violates: /is of version|is missing/,
  },
  {
    name: 'a new leader loads before it takes over',
    behaviour: { ...asItIs, loadsBeforeTakeOver: true },
    seed: 343,
    violates: /is of version|is missing/,
  },
  {
    name: 'a leader goes on though it does not know what became of a write',
    behaviour: { ...asItIs, goesOnAfterUnknown: true },
    seed: 24,
    violates: /in the end/,
  },
];
