import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { DarkroomError } from '../errors.ts';
import type { App } from './route-parts.ts';

/** Requests that may be sent a minute; null: as many as one likes. */
export type RateLimits = {
  readonly perAddress: number | null;
  readonly perAccount: number | null;
  /** Addresses, and accounts, that are counted. With more, those that were heard of longest ago begin anew. */
  readonly countedMax?: number;
};

const windowMs = 60_000;
/** Of each, about 2 MB in all. */
const usualCountedMax = 10_000;

/** Where a request comes from. Whoever has an IPv6 address has all 2^64 of its network. */
export const addressOf = ({ ip }: FastifyRequest): string => normalizeIP(ip, 64);

/** Probes ask again and again, and from one place. */
export const isProbe = ({ routeOptions }: FastifyRequest): boolean =>
  routeOptions.url?.startsWith('/health/') === true;

/**
 * Refuses what an address or an account sends beyond its limit, with 429 and the time until its minute is over. Each process counts
 * for itself. `accountOf`: whom a request is made for; null: nobody, whom only the limit of the address holds. `findAccounts`
 * declares what finds that out, behind the limit of addresses, since it may ask storage.
 */
export async function registerRateLimits(
  app: App,
  { perAddress, perAccount, countedMax = usualCountedMax }: RateLimits,
  accountOf: (request: FastifyRequest) => number | null,
  findAccounts: () => void = () => {},
): Promise<void> {
  if (perAddress !== null || perAccount !== null) await app.register(rateLimit, { global: false });
  if (perAddress !== null)
    refuseBeyond(app, { max: perAddress, countedMax, who: 'An address', keyOf: addressOf });
  findAccounts();
  if (perAccount !== null)
    refuseBeyond(app, {
      max: perAccount,
      countedMax,
      who: 'An account',
      keyOf: (request) => accountOf(request)?.toString() ?? null,
    });
}

type Limited = {
  readonly max: number;
  readonly countedMax: number;
  readonly who: string;
  /** Null: whoever sends it is not counted. */
  readonly keyOf: (request: FastifyRequest) => string | null;
};

function refuseBeyond(app: App, { max, countedMax, who, keyOf }: Limited): void {
  const options = {
    max,
    timeWindow: windowMs,
    // The library takes it here as well, which its type does not say.
    cache: countedMax,
    keyGenerator: (request: FastifyRequest) => keyOf(request) ?? '',
  };
  const count = app.createRateLimit(options);
  app.addHook('onRequest', async (request) => {
    if (isProbe(request) || keyOf(request) === null) return;
    const counted = await count(request);
    if (counted.isAllowed || !counted.isExceeded) return;
    throw new DarkroomError(
      'RATE_LIMITED',
      `${who} may send ${max} requests a minute; try again in ${counted.ttlInSeconds} s.`,
      { retryAfterSeconds: counted.ttlInSeconds },
    );
  });
}
