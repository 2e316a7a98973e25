import type { FastifyReply } from 'fastify';
import type { CacheRead, TierNames } from '../cache/cache.ts';
import { headers } from '../contract/headers.ts';
import { createFormatCacheStatus } from './cache-status.ts';

/** Puts on a response which tier answered it and which version it shows. */
export type DescribeRead = (reply: FastifyReply, read: CacheRead<unknown>) => void;

export function createDescribeRead(tiers: TierNames, now: () => number): DescribeRead {
  const formatCacheStatus = createFormatCacheStatus(tiers);
  return (reply, read) => {
    reply.header(headers.cacheStatus, formatCacheStatus(read, now()));
    if (read.version > 0) reply.header(headers.entryVersion, String(read.version));
  };
}
