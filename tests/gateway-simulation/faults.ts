import type { SimulatedGateway } from './simulated-gateway.ts';
import { leaseMs } from './simulated-leader.ts';
import type { SimulatedLeader } from './simulated-leader.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedScene } from './simulated-scene.ts';

export type FaultParts = {
  readonly scene: SimulatedScene;
  readonly leaders: readonly SimulatedLeader[];
  readonly gateways: readonly SimulatedGateway[];
  /** Messages that are sent now take this much longer, at most. */
  readonly slowDown: (durationMs: number) => void;
};

const stopMaxMs = 110;
const downMaxMs = 60;
const troubleMaxMs = 60;
const stepMaxMs = 10_000;

/** One fault, by chance. Each is over after `faultMaxMs` at most. */
export const faultMaxMs = Math.max(stopMaxMs, downMaxMs, troubleMaxMs);

export function makeFault({ scene, leaders, gateways, slowDown }: FaultParts): void {
  const { time, random, oracle, store } = scene;
  const holder = store.readLease().holder?.split('#')[0];
  const leading = leaders.find(({ process }) => process.name === holder)?.process;
  const leader = leaders[random.below(leaders.length)]?.process;
  const gateway = gateways[random.below(gateways.length)];
  const restart = (process: SimulatedProcess | undefined): void => {
    const downMs = random.between(1, downMaxMs);
    oracle.fault(downMs);
    process?.kill();
    time.after(downMs, () => process?.start());
  };
  const stop = (process: SimulatedProcess | undefined, leastMs = 1): void => {
    const stoppedMs = random.between(leastMs, stopMaxMs);
    oracle.fault(stoppedMs);
    process?.stopFor(stoppedMs);
  };
  const forAWhile = (begin: (durationMs: number) => void): void => {
    const durationMs = random.between(5, troubleMaxMs);
    oracle.fault(durationMs);
    begin(durationMs);
  };
  // Whoever leads is stopped and goes on when another one leads: the fault that takes most to survive.
  const kinds = [
    () => stop(leading, leaseMs),
    () => stop(leading, leaseMs),
    () => stop(leader),
    () => restart(leader),
    () => restart(gateway?.process),
    () => stop(gateway?.process),
    () => {
      oracle.fault(0);
      gateway?.breakConnection();
    },
    () => {
      oracle.fault(0);
      gateway?.process.stepClock(random.between(-stepMaxMs, stepMaxMs));
    },
    () => forAWhile((durationMs) => store.troubleFor(durationMs, random.between(0.05, 1))),
    () => forAWhile((durationMs) => store.troubleFor(durationMs, random.between(0.05, 0.3))),
    () => forAWhile(slowDown),
  ];
  kinds[random.below(kinds.length)]?.();
}
