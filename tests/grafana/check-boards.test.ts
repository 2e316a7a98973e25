import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boards } from '../../dashboards/boards/index.ts';
import { queriesOf } from '../../dashboards/board.ts';
import { renderBoard } from '../../dashboards/render-board.ts';
import type { PublishedDashboard } from '../dashboards/lint/published-form.ts';
import { isBrowserMissing } from '../support/chromium.ts';
import { checkBoards } from './check-boards.ts';
import { createGrafanaApi } from './grafana-api.ts';
import { openLoopbackGrafana } from './loopback-grafana.ts';
import type { LoopbackGrafana, PlantedFaults } from './loopback-grafana.ts';
import { openShower } from './show-in-chromium.ts';

const published = boards.map((board) => JSON.parse(renderBoard(board)) as PublishedDashboard);

const few = published.filter(({ uid = '' }) => ['darkroom-cache', 'darkroom-stores'].includes(uid));

const withPassword = ({ address }: LoopbackGrafana): string => address.replace('://', '://admin:s%3Acret@');
const authorization = `Basic ${Buffer.from('admin:s:cret').toString('base64')}`;

/** What is found in boards where these faults are, and nobody looks at pages. */
async function findingsOf(
  faults: PlantedFaults,
  look: (grafana: LoopbackGrafana) => void = () => {},
  asked = few,
): Promise<readonly string[]> {
  const grafana = await openLoopbackGrafana(faults);
  try {
    const api = createGrafanaApi(withPassword(grafana));
    const found = await checkBoards(api, asked, async () => []);
    look(grafana);
    return found;
  } finally {
    await grafana.close();
  }
}

describe('the check of boards in a Grafana', () => {
  it('imports all of them, and asks every query with its choices made', async () => {
    const look = ({ imported, asked, authorizations }: LoopbackGrafana): void => {
      assert.deepEqual(
        imported.map(({ uid, id }) => [uid, id]),
        boards.map(({ uid }) => [uid, null]),
      );
      assert.equal(asked.length, boards.flatMap(queriesOf).length);
      for (const { expr, interval } of asked) {
        assert.equal(interval, '1s');
        assert.doesNotMatch(expr.replaceAll(/\$__\w+|\$1/g, ''), /\$/);
      }
      assert.deepEqual([...authorizations], [authorization]);
    };
    assert.deepEqual(await findingsOf({}, look, published), []);
  });

  it('tells of a board that is refused, and goes on with the others', async () => {
    const found = await findingsOf({ refusedBoard: 'cache strategy' }, ({ imported }) =>
      assert.equal(imported.length, few.length - 1),
    );
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^Darkroom: cache strategy: .*answered 412: .*same name exists/);
  });

  it('tells of a query that fails', async () => {
    const found = await findingsOf({ failingQuery: 'redis_up' });
    assert.deepEqual(found, ['Darkroom: back ends: Does Redis answer? A fails: bad_data: parse error']);
  });

  it('tells of a panel that has neither data nor a text', async () => {
    assert.deepEqual(await findingsOf({ emptyQuery: 'cache_loads_inflight' }), [
      'Darkroom: cache strategy: Are many loads under way at once? has neither data nor a text',
    ]);
    // One that says why it is empty may be so.
    assert.deepEqual(await findingsOf({ emptyQuery: 'pg_replication_slots' }), []);
  });

  it('rejects where there is no Prometheus to ask', async () => {
    await assert.rejects(findingsOf({ hasNoPrometheus: true }), /no Prometheus as a data source/);
  });

  it('tells of what the page of a board complains of', { skip: isBrowserMissing }, async () => {
    const grafana = await openLoopbackGrafana({ pageError: 'a panel could not be drawn' });
    const shower = await openShower(withPassword(grafana));
    try {
      assert.deepEqual(await shower.show('darkroom-cache'), [
        'the page complains: a panel could not be drawn',
      ]);
      // Of the page, and of what its scripts ask.
      assert.deepEqual([...grafana.authorizations], [authorization]);
    } finally {
      await shower.close();
      await grafana.close();
    }
  });
});
