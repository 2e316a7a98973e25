import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';

/** One process's two connections to a pub/sub server that lives in the test. */
export type BusConnection = {
  readonly publisher: Redis;
  readonly subscriber: Redis;
  /** Closes the subscription: what is published meanwhile is lost to this process. */
  cut(): void;
  /** Subscribed again. */
  mend(): void;
};

/** What happens to a message between publisher and subscriber. */
export type BusMood = 'deliver' | 'hold' | 'lose' | 'fail';

/** Redis pub/sub without Redis: messages are delivered at once, held, lost, or refused to the publisher. */
export type BusNetwork = {
  connect(): BusConnection;
  mood: BusMood;
  /** Delivers what was held. */
  release(): void;
};

/** `schedule` decides when a message reaches a subscriber, in order for each; at once unless told otherwise. */
export function createBusNetwork(
  schedule: (deliver: () => void, subscriber: object) => void = (deliver) => deliver(),
): BusNetwork {
  const subscribers = new Map<EventEmitter, { isCut: boolean }>();
  let held: (() => void)[] = [];

  const send = (channel: string, text: string): void => {
    for (const [subscriber, link] of subscribers) {
      if (link.isCut || network.mood === 'lose') continue;
      const deliver = () => void (link.isCut || subscriber.emit('message', channel, text));
      if (network.mood === 'hold') held.push(deliver);
      else schedule(deliver, subscriber);
    }
  };

  const network: BusNetwork = {
    mood: 'deliver',
    release() {
      const messages = held;
      held = [];
      for (const deliver of messages) deliver();
    },
    connect() {
      const subscriber = Object.assign(new EventEmitter(), { disconnect() {} });
      const link = { isCut: false };
      subscribers.set(subscriber, link);
      const publisher = {
        async publish(channel: string, text: string) {
          if (network.mood === 'fail') throw new TypeError('the publisher has no connection');
          send(channel, text);
          return subscribers.size;
        },
        disconnect() {},
      };
      return {
        publisher: publisher as unknown as Redis,
        subscriber: subscriber as unknown as Redis,
        cut() {
          link.isCut = true;
          subscriber.emit('close');
        },
        mend() {
          link.isCut = false;
        },
      };
    },
  };
  return network;
}
