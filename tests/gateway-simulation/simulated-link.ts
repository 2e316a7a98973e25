import type { GatewayMessage, StreamMessage } from '../../app/gateway/protocol/messages.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A connection between a leader and a gateway: ordered each way, at any speed, until it breaks. */
export type SimulatedLink = {
  sendToGateway(message: StreamMessage): void;
  sendToLeader(message: GatewayMessage): void;
  /** Whether the connection takes another message for the gateway: as with a socket, some are under way and the rest waits. */
  hasRoom(): boolean;
  /** What is under way is lost, and each end hears of it when it does. */
  breakOff(): void;
  isOpen(): boolean;
};

export type LinkEnds = {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly delayMs: () => number;
  readonly leader: SimulatedProcess;
  readonly gateway: SimulatedProcess;
  readonly gatewayHears: (message: StreamMessage) => void;
  readonly leaderHears: (message: GatewayMessage) => void;
  readonly leaderHasRoom: () => void;
  readonly gatewayLoses: () => void;
  readonly leaderLoses: () => void;
};

const underWayMax = 3;
const noticedWithinMs = 10;

export function createSimulatedLink(ends: LinkEnds): SimulatedLink {
  const { time, random, leader, gateway } = ends;
  let isOpen = true;
  let underWay = 0;
  const carryToGateway = createCarrier(ends, gateway);
  const carryToLeader = createCarrier(ends, leader);
  return {
    sendToGateway(message) {
      underWay += 1;
      carryToGateway(() => {
        underWay -= 1;
        if (!isOpen) return;
        ends.gatewayHears(message);
        ends.leaderHasRoom();
      });
    },
    sendToLeader(message) {
      carryToLeader(() => {
        if (isOpen) ends.leaderHears(message);
      });
    },
    hasRoom: () => isOpen && underWay < underWayMax,
    breakOff() {
      if (!isOpen) return;
      isOpen = false;
      time.after(random.between(0, noticedWithinMs), gateway.bind(ends.gatewayLoses));
      time.after(random.between(0, noticedWithinMs), leader.bind(ends.leaderLoses));
    },
    isOpen: () => isOpen,
  };
}

/** Delivers in order: what is sent later arrives later, or at the same moment. */
function createCarrier({ time, delayMs }: LinkEnds, receiver: SimulatedProcess) {
  let lastArrivalMs = 0;
  return (deliver: () => void): void => {
    lastArrivalMs = Math.max(lastArrivalMs, time.now() + delayMs());
    time.after(lastArrivalMs - time.now(), receiver.bind(deliver));
  };
}
