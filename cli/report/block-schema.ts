import { Type } from 'typebox';
import { FigureValuesSchema } from './figure-schema.ts';
import {
  CacheReads,
  CacheWorkOfBlock,
  Cpu,
  Latency,
  NumberOrNull,
  Paired,
  RedisCommands,
  Text,
  ViewerRequestsOfBlock,
} from './measured-schema.ts';

/** One candidate, once. */
export const Block = Type.Object({
  round: Type.Integer(),
  attempt: Type.Integer({ description: '1 together' }),
  slot: Type.Integer({ description: '0 together' }),
  candidate: Text,
  status: Type.Enum(['valid', 'unsteady', 'overloaded', 'invalid', 'shakedown'], {
    description: 'overloaded: it did not carry the rate, which --beyond-limit makes a result',
  }),
  reasons: Type.Array(Text),
  offered: Type.Integer(),
  started: Type.Integer(),
  dropped: Type.Union([Type.Integer(), Type.Null()], {
    description: 'null together, where nobody knows which world an arrival would have gone to',
  }),
  requests: Type.Integer(),
  errors: Type.Integer(),
  figures: FigureValuesSchema,
  latencyMs: Latency,
  paired: Type.Union([Paired, Type.Null()]),
  cache: Type.Union([CacheReads, Type.Null()]),
  cacheWork: Type.Union([CacheWorkOfBlock, Type.Null()]),
  redisCommands: Type.Union([RedisCommands, Type.Null()]),
  viewerRequests: Type.Union([ViewerRequestsOfBlock, Type.Null()]),
  servedRequests: NumberOrNull,
  storageQueries: NumberOrNull,
  cpuUs: Cpu,
});
