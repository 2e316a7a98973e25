import type { LeaderStream } from '../../app/gateway/protocol/leader-stream.ts';
import type { StreamMessage } from '../../app/gateway/protocol/messages.ts';
import type { RecordTable } from '../../app/gateway/protocol/record-table.ts';

/** What a broken variant does in another way than the protocol. Everything else is the code that runs in processes. */
export type Behaviour = {
  /** How a leader's write is kept from storage once its epoch is over. */
  readonly fence: 'locked' | 'looked-at-before' | 'none';
  /** Whether a leader looks at its lease before it acknowledges a keep-alive. */
  readonly looksAtLease: boolean;
  readonly loadsBeforeTakeOver: boolean;
  /** Whether a leader goes on when it does not know what became of a write. */
  readonly goesOnAfterUnknown: boolean;
  /** The stream as the leader uses it. */
  readonly disguise: (stream: LeaderStream) => LeaderStream;
  /** The table that a snapshot is gathered in; `previous` is the one before it. */
  readonly createTable: (previous: RecordTable | null) => RecordTable;
  /** What a gateway makes of a message of its leader. */
  readonly understand: (message: StreamMessage) => readonly StreamMessage[];
};
