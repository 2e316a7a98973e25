import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { queriesOf } from '../../dashboards/board.ts';
import { boards } from '../../dashboards/boards/index.ts';
import { growing, openPromqlJudge } from '../support/promql-judge.ts';
import type { Minute, PromqlJudge } from '../support/promql-judge.ts';
import { withoutVariables } from './lint/promql-names.ts';

let judge: PromqlJudge;
before(async () => {
  judge = await openPromqlJudge();
});
after(() => judge.close());

/** One line of a panel, in windows of which a minute holds several. */
function lineOf(uid: string, title: string, legend: string): string {
  const query = boards
    .flatMap(queriesOf)
    .find((one) => one.board === uid && one.panel === title && one.legend === `{{candidate}}${legend}`);
  assert.ok(query !== undefined, `${title} ${legend}`);
  return withoutVariables(query.expr.replaceAll('$rare', '16s'));
}

const ofWorker = 'candidate="a",job="darkroom-process",instance="a-worker-1"';
const upWorker = `up{${ofWorker},kind="worker"}`;
const oldest = `darkroom_outbox_oldest_seconds{${ofWorker}}`;
const inTime = lineOf('darkroom-feeds', 'Do followers see posts in time?', ' oldest in time');
const requests =
  'http_server_request_duration_seconds_count{candidate="a",job="darkroom-service",instance="r1"}';
const grown = lineOf('darkroom-service', 'What has changed?', ' requests');

describe('at a glance, a board says', () => {
  const rows: readonly (readonly [what: string, minute: Minute, expr: string, value: number])[] = [
    ['that posts come in time', { [upWorker]: '1x60', [oldest]: '1x60' }, inTime, 1],
    [
      'that a message is stuck, though none is finished',
      { [upWorker]: '1x60', [oldest]: '60x60' },
      inTime,
      0,
    ],
    ['that nobody sees the outbox, as while storage is away', { [upWorker]: '1x60' }, inTime, 0],
    ['that all workers are gone', { [upWorker]: '0x60' }, inTime, 0],
    [
      'how many of the replicas are gone',
      Object.fromEntries(
        ['r1', 'r2'].map((instance, at) => [
          `up{candidate="a",job="darkroom-service",instance="${instance}"}`,
          `${at}x60`,
        ]),
      ),
      lineOf('darkroom-service', 'Which share of the requests fails?', ' replicas away'),
      0.5,
    ],
    ['that twice as much is asked', { [requests]: '0+4x43 176+8x16' }, grown, 2],
    ['that nothing is asked any more', { [requests]: '0+4x43 172x17' }, grown, 0],
    [
      'that something is asked for the first time, as the most that is shown',
      { [requests]: '0x43 0+8x16' },
      grown,
      10,
    ],
    [
      'that all people see their own writes',
      growing({
        'cache_consistency_checks_total{candidate="a",job="darkroom-driver",reader="same",horizon="0ms",outcome="consistent"}': 1,
      }),
      lineOf('darkroom-correctness', 'Do people see their own writes?', ''),
      1,
    ],
  ];
  for (const [what, minute, expr, value] of rows) it(what, () => judge.assertSays(minute, expr, value));
});
