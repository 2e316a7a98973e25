/**
 * What a leader and its gateways say to each other. One connection has one leader, and so one epoch; both directions are ordered.
 * A stamp (`at`) is of the leader's logical clock: a count of its events, which means nothing to anybody else.
 */

/** A change of the metadata. `json` is the record as it is answered, made once by the leader for all gateways. */
export type Change =
  | { readonly type: 'record'; readonly key: string; readonly version: number; readonly json: string }
  | { readonly type: 'removed'; readonly key: string; readonly version: number };

/** From the leader. First a snapshot; after its end changes, dummy events and acknowledgements, in the leader's order. */
export type StreamMessage =
  | Change
  | { readonly type: 'snapshot-begin'; readonly epoch: number }
  | { readonly type: 'snapshot-end'; readonly epoch: number; readonly at: number }
  /** Nothing has changed up to here. */
  | { readonly type: 'dummy'; readonly at: number }
  /** Everything that the leader did before this keep-alive reached it has been sent. Acknowledges all earlier ones, too. */
  | { readonly type: 'ack'; readonly keepAlive: number; readonly at: number };

/** From a gateway. Ids rise by one from connection to connection, for as long as the gateway lives. */
export type GatewayMessage = { readonly type: 'keep-alive'; readonly id: number };

/** What happened at the leader, in the order of its logical clock: each stamp is greater than the one before. */
export type LeaderEvent = {
  readonly at: number;
  readonly message: Change | Extract<StreamMessage, { readonly type: 'dummy' }>;
};

/** About what a message takes in a queue and on a connection: texts of JSON are ASCII for the most part. */
export function bytesOf(message: StreamMessage): number {
  const bytesOfHead = 32;
  switch (message.type) {
    case 'record':
      return bytesOfHead + message.key.length + message.json.length;
    case 'removed':
      return bytesOfHead + message.key.length;
    default:
      return bytesOfHead;
  }
}
