import { Type } from 'typebox';
import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { followerDistributions } from '../../loadtests/workloads/population-size.ts';
import { figures } from '../figures/figure-list.ts';
import { stopReasons } from '../statistics/stopping-rule.ts';
import { Text, TextOrNull } from './measured-schema.ts';

/** Everything that someone needs to judge or repeat a run. */
export const Manifest = Type.Object({
  seed: Type.Integer(),
  workloadHash: Text,
  scenario: Text,
  profile: Text,
  rate: Type.Object(
    { perSecond: Type.Number(), source: Type.Enum(['default', 'flag', 'recording']) },
    { description: 'requests per second of one candidate; of a replay, on average' },
  ),
  isBeyondLimit: Type.Boolean({
    description: 'whether the rate may be more than a candidate carries, so that not carrying it is a result',
  }),
  pacing: Type.Enum(['together', 'turns'], {
    description: 'whether all candidates were measured at the same moments, or one after another',
  }),
  primary: Type.Enum(
    figures.map(({ name }) => name),
    {
      description: 'the figure that verdicts rest on; request: the same-request change',
    },
  ),
  baseline: Text,
  rounds: Type.Integer({ description: 'rounds that were run; in turns, that were planned' }),
  parts: Type.Integer({ description: 'starts of the processes' }),
  precisionPct: Type.Union([Type.Number(), Type.Null()], {
    description:
      'half-width that was wanted, in percent, in points, or in the unit of the primary figure; null: its margin',
  }),
  timeLimitSeconds: Type.Union([Type.Number(), Type.Null()], {
    description: 'from the first warm-up request on; null: none',
  }),
  stoppedBecause: Type.Union([Type.Enum([...stopReasons]), Type.Null()]),
  replicas: Type.Integer(),
  telemetry: Type.Enum(Object.keys(telemetryModes) as TelemetryModeName[], {
    description: 'how much the service told of itself, which costs',
  }),
  order: Type.Array(Type.Array(Text), { description: 'candidates in the order of each finished round' }),
  driver: Type.Object({ name: Text, version: Text }),
  versions: Type.Object({ darkroom: Text, node: Text, postgres: Text, redis: TextOrNull }),
  machine: Type.Object({
    platform: Text,
    kernel: Text,
    cpu: Text,
    cores: Type.Integer(),
    memoryBytes: Type.Number(),
    unavailable: Type.Array(Text, { description: 'figures that this machine does not offer' }),
  }),
  git: Type.Object({ commit: TextOrNull, isDirty: Type.Union([Type.Boolean(), Type.Null()]) }),
  people: Type.Integer(),
  photos: Type.Integer({ description: 'without those that are there to be deleted' }),
  followers: Type.Enum([...followerDistributions], {
    description: 'heavy: a few people have most of the followers; even: all have about as many',
  }),
  arrivals: Text,
  settleSeconds: Type.Number(),
  measureSeconds: Type.Number({ description: 'length of a round' }),
  warmUpSeconds: Type.Number(),
  warmUpRequests: Type.Union([Type.Integer(), Type.Null()], {
    description: 'to each replica, at least; null in turns',
  }),
  startedAt: Text,
});
