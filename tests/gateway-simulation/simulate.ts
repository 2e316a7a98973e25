import type { Behaviour } from './behaviour.ts';
import { faultMaxMs, makeFault } from './faults.ts';
import { createOracle } from './oracle.ts';
import type { Oracle, OracleCounts } from './oracle.ts';
import { createSeededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';
import { startClient } from './simulated-client.ts';
import { createSimulatedGateway } from './simulated-gateway.ts';
import type { SimulatedGateway } from './simulated-gateway.ts';
import { createSimulatedLeader } from './simulated-leader.ts';
import type { SimulatedScene } from './simulated-scene.ts';
import { createSimulatedStore } from './simulated-store.ts';
import { createVirtualTime } from './virtual-time.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What one seed showed. */
export type Simulated = {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly counts: OracleCounts;
  /** How often somebody began to lead. */
  readonly epochs: number;
};

const keys = ['posts:1', 'posts:2', 'posts:3', 'profiles:1', 'profiles:2'];
const faultsFromMs = 40;
const faultsUntilMs = 160;
const faultsMax = 4;
/** By then everybody has recovered, and the clients have stopped. */
const quietAtMs = faultsUntilMs + faultMaxMs + 180;
const endMs = quietAtMs + 80;

/** Leaders, storage, gateways and clients for half a second of virtual time: the interleaving is a function of the seed. */
export function simulate(seed: number, behaviour: Behaviour): Simulated {
  const time = createVirtualTime();
  const random = createSeededRandom(seed);
  const oracle = createOracle(time, keys);
  const store = createSimulatedStore({ time, random, oracle });
  const { delayMs, slowDown } = createDelays(time, random);
  const queuedBytesMax = random.chance(0.2) ? 200 : 5_000;
  const scene: SimulatedScene = { time, random, store, oracle, behaviour, delayMs, queuedBytesMax };
  const leaders = Array.from({ length: 1 + random.below(3) }, (_, index) =>
    createSimulatedLeader(`leader-${index}`, scene),
  );
  const gateways = Array.from({ length: 1 + random.below(4) }, (_, index) =>
    createSimulatedGateway(`gateway-${index}`, leaders, scene),
  );
  for (const { process } of [...leaders, ...gateways]) process.start();
  const clients = 2 + random.below(3);
  // Where they stop early, what they did last is what there is in the end.
  const untilMs = random.between(faultsFromMs, quietAtMs - 20);
  for (let client = 0; client < clients; client += 1)
    startClient({ name: `client-${client}`, scene, gateways, keys, untilMs });
  const faults = random.below(faultsMax + 1);
  for (let fault = 0; fault < faults; fault += 1) {
    const atMs = random.between(faultsFromMs, faultsUntilMs);
    time.after(atMs, () => makeFault({ scene, leaders, gateways, slowDown }));
  }
  const answered = new Set<string>();
  time.after(quietAtMs, () => {
    for (const gateway of gateways) compareWithTruth(gateway, oracle, () => answered.add(gateway.name));
  });
  time.runUntil(endMs);
  for (const { name } of gateways)
    if (!answered.has(name)) oracle.violate(`${name}: a read was never answered`);
  return { seed, violations: oracle.violations(), counts: oracle.counts(), epochs: store.readLease().epoch };
}

/** When nothing has happened for a while, a gateway has exactly what storage has. */
function compareWithTruth(gateway: SimulatedGateway, oracle: Oracle, answered: () => void): void {
  const print = (records: Iterable<readonly [string, number]>): string =>
    [...records].map(([key, version]) => `${key} ${version}`).join(', ');
  gateway.read(
    (records) => {
      answered();
      const has = print(records.all().map(({ key, version }) => [key, version] as const));
      const truth = print(oracle.truth());
      if (has !== truth) oracle.violate(`${gateway.name}: has ${has} in the end, and storage ${truth}`);
    },
    (reason) => {
      answered();
      oracle.refused(reason, gateway.name);
    },
  );
}

const usualDelayMaxMs = 1;
/** A message in so many is under way for longer. */
const lateShare = 0.05;
const lateDelayMaxMs = 8;
const slowDelayMaxMs = 60;

function createDelays(time: VirtualTime, random: SeededRandom) {
  let slowUntilMs = 0;
  return {
    delayMs(): number {
      if (time.now() < slowUntilMs) return random.between(0.1, slowDelayMaxMs);
      return random.between(0.1, random.chance(lateShare) ? lateDelayMaxMs : usualDelayMaxMs);
    },
    slowDown(durationMs: number): void {
      slowUntilMs = Math.max(slowUntilMs, time.now() + durationMs);
    },
  };
}
