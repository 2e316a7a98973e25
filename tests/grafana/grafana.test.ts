import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boards } from '../../dashboards/boards/index.ts';
import { renderBoard } from '../../dashboards/render-board.ts';
import type { PublishedDashboard } from '../dashboards/lint/published-form.ts';
import { isBrowserMissing } from '../support/chromium.ts';
import { checkBoards } from './check-boards.ts';
import { createGrafanaApi } from './grafana-api.ts';
import { openShower } from './show-in-chromium.ts';

/** A Grafana whose Prometheus watches a run: `docker compose up`, or one of somebody's own beside `darkroom up --load feed-browsing`. */
const address = process.env['DARKROOM_GRAFANA_URL'] ?? '';
/** DARKROOM_GRAFANA_PICTURES names a folder that gets a picture of each board. */
const limitMs = 900_000;
const skip = address === '' ? 'DARKROOM_GRAFANA_URL names no Grafana' : isBrowserMissing;

test('a real Grafana imports, answers and draws every board', { skip, timeout: limitMs }, async () => {
  const published = boards.map((board) => JSON.parse(renderBoard(board)) as PublishedDashboard);
  const shower = await openShower(address, process.env['DARKROOM_GRAFANA_PICTURES']);
  try {
    assert.deepEqual(await checkBoards(createGrafanaApi(address), published, shower.show), []);
  } finally {
    await shower.close();
  }
});
