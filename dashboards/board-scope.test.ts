import { after, before, describe, it } from 'node:test';
import { growing, openPromqlJudge } from '../tests/support/promql-judge.ts';
import type { PromqlJudge } from '../tests/support/promql-judge.ts';
import { anyRound, by, inRounds, service } from './board-scope.ts';

let judge: PromqlJudge;
before(async () => {
  judge = await openPromqlJudge();
});
after(() => judge.close());

const running = { 'app_run_info{candidate="a",job="darkroom-service",instance="r1"}': '1x60' };
const requests = growing({
  'http_server_request_duration_seconds_count{candidate="a",job="darkroom-service",instance="r1"}': 4,
});
const block = (candidate: string, round: number, slot = 1) => ({
  [`experiment_block_info{job="darkroom-driver",candidate="${candidate}",round="${round}",slot="${slot}"}`]:
    '1x60',
});
/** A query with choices made as Grafana writes them. */
const withChoices = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '16s').replaceAll('$candidate', 'a').replaceAll(/\$\w+/g, '.+');
const figure = (rounds: string): string =>
  withChoices(inRounds(service.observations('requestDuration', { by })).replaceAll('$round', rounds));

describe('a figure of the processes of a candidate', () => {
  it('does not count its exporter, which tells of its own CPU under the same name', () => {
    const cpu = (job: string, instance: string) =>
      `process_cpu_seconds_total{candidate="a",job="${job}",instance="${instance}"}`;
    const used = growing({
      [cpu('darkroom-service', 'r1')]: 0.25,
      [cpu('darkroom-process', 'worker-1')]: 0.5,
      [cpu('redis', 'redis-1')]: 2,
    });
    return judge.assertSays(used, withChoices(service.rate('processCpu', { by })), 0.75);
  });
});

describe('a figure of chosen rounds', () => {
  it('is there without an experiment, while all rounds are chosen', () =>
    judge.assertSays({ ...running, ...requests }, figure(anyRound), 4));

  it('is there in and between blocks, while all rounds are chosen', async () => {
    await judge.assertSays({ ...running, ...requests, ...block('a', 1) }, figure(anyRound), 4);
    await judge.assertSays({ ...running, ...requests, ...block('b', 1) }, figure(anyRound), 4);
  });

  it('is there in the blocks of the chosen rounds only, and only of the candidate whose block it is', async () => {
    const all = { ...running, ...requests };
    await judge.assertSays({ ...all, ...block('a', 2) }, figure('(2|3)'), 4);
    await judge.assertSays({ ...all, ...block('a', 1) }, figure('(2|3)'), null);
    await judge.assertSays({ ...all, ...block('b', 2) }, figure('(2|3)'), null);
    await judge.assertSays(all, figure('(2|3)'), null);
  });

  it('is there in the chosen rounds where all candidates run at once', async () => {
    const together = { ...running, ...requests, ...block('a', 2, 0), ...block('b', 2, 0) };
    await judge.assertSays(together, figure('(2|3)'), 4);
    await judge.assertSays(together, figure('1'), null);
  });
});
