import { Redis } from 'ioredis';
import { openRawRedis } from '../raw-redis.ts';
import type { OpenCache } from '../contestant.ts';

/** The ioredis of the major before, with its defaults. */
export const openIoredis5: OpenCache = (setting) => openRawRedis(setting, new Redis(setting.redisUrl));
