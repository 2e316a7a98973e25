import type { Behaviour } from './behaviour.ts';
import type { Oracle } from './oracle.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedStore } from './simulated-store.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What all processes of a simulation share. */
export type SimulatedScene = {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly store: SimulatedStore;
  readonly oracle: Oracle;
  readonly behaviour: Behaviour;
  /** How long a message is under way. */
  readonly delayMs: () => number;
  /** What may wait for a gateway at the leader. */
  readonly queuedBytesMax: number;
};
