import { evictionBench } from './eviction-bench.ts';
import { fenceBench } from './fence-bench.ts';
import { gatewayTransportBench } from './gateway-transport-bench.ts';
import type { Bench } from './harness/bench.ts';
import { hotFeedPageBench } from './hot-feed-page-bench.ts';
import { invalidationDelayBench } from './invalidation-delay-bench.ts';
import { memoryHitBench } from './memory-hit-bench.ts';
import { parallelBranchesBench } from './parallel-branches-bench.ts';
import { postPhotoBench } from './post-photo-bench.ts';
import { redisHitBench } from './redis-hit-bench.ts';
import { simulationBench } from './simulation-bench.ts';
import { stampedeBench } from './stampede-bench.ts';
import { telemetryBench } from './telemetry-bench.ts';

/** Every bench, in the order of `harness/bench-names.ts`. */
export const benches: readonly Bench[] = [
  memoryHitBench,
  redisHitBench,
  stampedeBench,
  fenceBench,
  evictionBench,
  hotFeedPageBench,
  invalidationDelayBench,
  telemetryBench,
  postPhotoBench,
  parallelBranchesBench,
  gatewayTransportBench,
  simulationBench,
];
