import { after, before, describe, it } from 'node:test';
import { growing, openPromqlJudge } from '../tests/support/promql-judge.ts';
import type { PromqlJudge } from '../tests/support/promql-judge.ts';
import { cacheRatios, perRequest, sentToRedis } from './cache-ratios.ts';
import { createPromql } from './promql.ts';

const by = ['candidate'] as const;
const promql = createPromql({ window: '16s' });
const ratios = cacheRatios(promql);
let judge: PromqlJudge;

before(async () => {
  judge = await openPromqlJudge();
});
after(() => judge.close());

const reads = (tier: string, result: string): string =>
  `cache_requests_total{candidate="a",cache_tier="${tier}",cache_result="${result}"}`;
const operations = (result: string, part: 'sum' | 'count'): string =>
  `cache_operation_duration_seconds_${part}{candidate="a",cache_tier="redis",cache_operation="get",cache_result="${result}"}`;
const queries = (name: string): string =>
  `db_client_operation_duration_seconds_count{candidate="a",db_operation_name="${name}"}`;
const requests = 'http_server_request_duration_seconds_count{candidate="a"}';

const assertSays = (perSecond: Readonly<Record<string, number>>, expr: string, value: number | null) =>
  judge.assertSays(growing(perSecond), expr, value);

describe('the hit ratio of a layer', () => {
  const layered = {
    [reads('memory', 'hit')]: 6,
    [reads('memory', 'stale_hit')]: 2,
    [reads('redis', 'hit')]: 6,
    [reads('none', 'miss')]: 2,
    [reads('none', 'bypass')]: 100,
  };

  it('is of memory, of all that asked the cache', () => assertSays(layered, ratios.hitRatioOf.memory, 0.5));

  it('is of redis, of those that memory did not answer', () =>
    assertSays(layered, ratios.hitRatioOf.redis, 0.75));

  it('is of redis alone, where there is no memory', () =>
    assertSays({ [reads('redis', 'hit')]: 3, [reads('none', 'miss')]: 1 }, ratios.hitRatioOf.redis, 0.75));

  it('is nothing of a layer that is not there', () =>
    assertSays({ [reads('redis', 'hit')]: 3 }, ratios.hitRatioOf.memory, null));
});

describe('the waiting that hits save', () => {
  it('is what a key of a load takes, for each key that was hit, however many keys a load brings', () =>
    assertSays(
      {
        [reads('memory', 'hit')]: 40,
        'cache_loaded_keys_total{candidate="a"}': 16,
        'cache_load_duration_seconds_count{candidate="a"}': 2,
        'cache_load_duration_seconds_sum{candidate="a"}': 0.5,
      },
      ratios.savedSeconds,
      1.25,
    ));
});

describe('the commands to Redis', () => {
  it('are no quicker while they are kept back', () =>
    assertSays(
      {
        [operations('hit', 'sum')]: 0.5,
        [operations('hit', 'count')]: 2,
        [operations('refused', 'sum')]: 0,
        [operations('refused', 'count')]: 30,
      },
      promql.mean('cacheOperationDuration', { by, where: sentToRedis }),
      0.25,
    ));
});

describe('a figure per request', () => {
  it('leaves the queries of health checks out', () =>
    assertSays(
      { [queries('select_photos')]: 6, [queries('ping')]: 4, [requests]: 4 },
      ratios.queriesPerRequest,
      1.5,
    ));

  it('is 0 for requests that need none, and nothing where hardly anybody asks', async () => {
    await assertSays({ [requests]: 4 }, ratios.queriesPerRequest, 0);
    await assertSays({ [queries('select_photos')]: 1, [requests]: 0.5 }, ratios.queriesPerRequest, null);
    const cpu = promql.rate('processCpu', { by });
    const idle = { 'process_cpu_seconds_total{candidate="a"}': 0.5, [requests]: 0.125 };
    await assertSays(idle, perRequest(cpu, promql.observations('requestDuration', { by })), null);
  });
});
