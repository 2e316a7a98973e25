import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { followerDistributions } from '../../loadtests/workloads/population-size.ts';
import { figures } from '../figures/figure-list.ts';
import { stopReasons } from '../statistics/stopping-rule.ts';
import { NumberOrNull, Text, TextOrNull } from './measured-schema.ts';
import type { OneOrMore } from './measured-schema.ts';

/** Everything that someone needs to judge or repeat a run. */
export const Manifest = {
  type: 'object',
  required: [
    'seed',
    'workloadHash',
    'scenario',
    'profile',
    'rate',
    'isBeyondLimit',
    'pacing',
    'primary',
    'baseline',
    'rounds',
    'parts',
    'precisionPct',
    'timeLimitSeconds',
    'stoppedBecause',
    'replicas',
    'telemetry',
    'order',
    'driver',
    'versions',
    'machine',
    'git',
    'people',
    'photos',
    'followers',
    'arrivals',
    'settleSeconds',
    'measureSeconds',
    'warmUpSeconds',
    'warmUpRequests',
    'startedAt',
  ],
  properties: {
    seed: { type: 'integer' },
    workloadHash: Text,
    scenario: Text,
    profile: Text,
    rate: {
      type: 'object',
      required: ['perSecond', 'source'],
      properties: { perSecond: { type: 'number' }, source: { enum: ['default', 'flag', 'recording'] } },
      description: 'requests per second of one candidate; of a replay, on average',
    },
    isBeyondLimit: {
      type: 'boolean',
      description:
        'whether the rate may be more than a candidate carries, so that not carrying it is a result',
    },
    pacing: {
      enum: ['together', 'turns'],
      description: 'whether all candidates were measured at the same moments, or one after another',
    },
    primary: {
      enum: figures.map(({ name }) => name) as OneOrMore<string>,
      description: 'the figure that verdicts rest on; request: the same-request change',
    },
    baseline: Text,
    rounds: { type: 'integer', description: 'rounds that were run; in turns, that were planned' },
    parts: { type: 'integer', description: 'starts of the processes' },
    precisionPct: {
      ...NumberOrNull,
      description:
        'half-width that was wanted, in percent, in points, or in the unit of the primary figure; null: its margin',
    },
    timeLimitSeconds: {
      ...NumberOrNull,
      description: 'from the first warm-up request on; null: none',
    },
    stoppedBecause: { anyOf: [{ enum: stopReasons }, { type: 'null' }] },
    replicas: { type: 'integer' },
    telemetry: {
      enum: Object.keys(telemetryModes) as OneOrMore<TelemetryModeName>,
      description: 'how much the service told of itself, which costs',
    },
    order: {
      type: 'array',
      items: { type: 'array', items: Text },
      description: 'candidates in the order of each finished round',
    },
    driver: { type: 'object', required: ['name', 'version'], properties: { name: Text, version: Text } },
    versions: {
      type: 'object',
      required: ['darkroom', 'node', 'postgres', 'redis'],
      properties: { darkroom: Text, node: Text, postgres: Text, redis: TextOrNull },
    },
    machine: {
      type: 'object',
      required: ['platform', 'kernel', 'cpu', 'cores', 'memoryBytes', 'unavailable'],
      properties: {
        platform: Text,
        kernel: Text,
        cpu: Text,
        cores: { type: 'integer' },
        memoryBytes: { type: 'number' },
        unavailable: { type: 'array', items: Text, description: 'figures that this machine does not offer' },
      },
    },
    git: {
      type: 'object',
      required: ['commit', 'isDirty'],
      properties: { commit: TextOrNull, isDirty: { anyOf: [{ type: 'boolean' }, { type: 'null' }] } },
    },
    people: { type: 'integer' },
    photos: { type: 'integer', description: 'without those that are there to be deleted' },
    followers: {
      enum: followerDistributions,
      description: 'heavy: a few people have most of the followers; even: all have about as many',
    },
    arrivals: Text,
    settleSeconds: { type: 'number' },
    measureSeconds: { type: 'number', description: 'length of a round' },
    warmUpSeconds: { type: 'number' },
    warmUpRequests: {
      anyOf: [{ type: 'integer' }, { type: 'null' }],
      description: 'to each replica, at least; null in turns',
    },
    startedAt: Text,
  },
} as const;
