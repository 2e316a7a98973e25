import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boards } from '../../../dashboards/boards/index.ts';
import { panelLimits } from '../../../dashboards/board-limits.ts';
import { renderBoard } from '../../../dashboards/render-board.ts';
import { partColours } from '../../../dashboards/series-colours.ts';
import type { PublishedDashboard } from './published-form.ts';
import { lintReading } from './reading-rules.ts';

type Json = Record<string, unknown>;
type Change = (panel: Json, board: Json) => void;

/** What is said of a board in which this panel was changed. */
function complaintsOf(uid: string, title: string, change: Change): string {
  const board = boards.find((one) => one.uid === uid);
  assert.ok(board !== undefined);
  const published = JSON.parse(renderBoard(board)) as Json;
  const panel = (published['panels'] as Json[]).find((one) => one['title'] === title);
  assert.ok(panel !== undefined, title);
  assert.deepEqual(lintReading(published as PublishedDashboard), []);
  change(panel, published);
  return lintReading(published as PublishedDashboard).join('\n');
}

const targetsOf = (panel: Json): Json[] => panel['targets'] as Json[];
const defaultsOf = (panel: Json): Json => (panel['fieldConfig'] as { defaults: Json }).defaults;
const customOf = (panel: Json): Json => defaultsOf(panel)['custom'] as Json;
const setExpr =
  (expr: string): Change =>
  (panel) =>
    void Object.assign(targetsOf(panel)[0] ?? {}, { expr });

const service = 'darkroom-service';
const answered = 'How many requests are answered?';
const took = 'How long do requests take (p50)?';
const shortOf = 'What are replicas short of?';
const fails = 'Which share of the requests fails?';
const parts = 'Who answers the reads ($candidate)?';
const firing = 'What is firing?';
const chosen = 'job=~"$job",job=~"darkroom-service",instance=~"$instance"';

const plants: readonly (readonly [what: string, uid: string, title: string, change: Change, RegExp])[] = [
  [
    'a title that is cut',
    service,
    took,
    (panel) => void (panel['title'] = 'How many requests of people are answered?'),
    /41 letters in its title, of 34/,
  ],
  [
    'a legend that takes the room of the plot',
    service,
    took,
    (panel) =>
      void Object.assign(targetsOf(panel)[0] ?? {}, {
        legendFormat: '{{candidate}} all that was asked and answered by it',
      }),
    /a legend of 37 letters/,
  ],
  [
    'an axis without a soft maximum',
    service,
    fails,
    (panel) => void delete customOf(panel)['axisSoftMax'],
    /soft maximum of undefined, where percentunit and its threshold have 0.01/,
  ],
  [
    'a threshold out of sight',
    service,
    shortOf,
    (panel) => void (customOf(panel)['axisSoftMax'] = 0.01),
    /soft maximum of 0.01, where percentunit and its threshold have 0.9/,
  ],
  [
    'a threshold on the ground',
    service,
    fails,
    (panel) => void (customOf(panel)['axisSoftMax'] = 1),
    /lies on the ground of its axis: 0.001 of 1/,
  ],
  [
    'a threshold with a tail',
    service,
    fails,
    (panel) =>
      void (defaultsOf(panel)['thresholds'] = {
        mode: 'absolute',
        steps: [
          { value: null, color: 'green' },
          { value: 1 - 0.999, color: 'red' },
        ],
      }),
    /threshold of 0.0010000000000000009/,
  ],
  [
    'colours by the place in the legend',
    service,
    answered,
    (panel) => void (defaultsOf(panel)['color'] = { mode: 'palette-classic' }),
    /colours that change with what is shown/,
  ],
  [
    'a part in the colour of another',
    'darkroom-cache',
    parts,
    (panel) =>
      void ((panel['fieldConfig'] as Json)['overrides'] = [
        {
          matcher: { id: 'byName', options: 'memory' },
          properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: partColours.redis } }],
        },
      ]),
    /colour that is not in the list: memory[\s\S]*gives redis a colour that it has nowhere else/,
  ],
  [
    'a panel of each candidate that does not name it',
    'darkroom-cache',
    parts,
    (panel) => void (panel['title'] = 'Who answers the reads?'),
    /does not say whose candidate it is/,
  ],
  [
    'panels of candidates that have a quarter of the width each',
    'darkroom-cache',
    parts,
    (panel) => void delete panel['maxPerRow'],
    /lies beside 4 of its kind/,
  ],
  [
    'a raw table',
    service,
    firing,
    (panel) => void (panel['transformations'] = []),
    /whose columns nobody has chosen[\s\S]*shows the time[\s\S]*shows alertname raw/,
  ],
  [
    'cells that say what an empty panel says',
    service,
    firing,
    (panel) => void ((panel['fieldConfig'] as Json)['overrides'] = []),
    /empty cells of candidate say what the panel says/,
  ],
  [
    'labels that are taken for numbers',
    'darkroom-stores',
    'Which errors has PostgreSQL given?',
    (panel) => void (defaultsOf(panel)['unit'] = 'none'),
    /labels are taken for numbers/,
  ],
  ['a table of whatever there is', service, firing, setExpr('ALERTS'), /table of whatever labels/],
  [
    'a quantile that nobody names',
    service,
    'How long do requests take (p99)?',
    (panel) => void (panel['title'] = 'How long do requests take?'),
    /does not say that it is p99/,
  ],
  [
    'a difference of quantiles below zero',
    'darkroom-load',
    'How much longer do clients wait?',
    (panel) => {
      const [target = {}] = targetsOf(panel);
      target['expr'] = String(target['expr']).replace('clamp_min(', '(');
    },
    /difference of quantiles/,
  ],
  [
    'the same exemplars twice',
    'darkroom-load',
    'How long do requests take, inside and outside (p99)?',
    (panel) => {
      for (const target of targetsOf(panel)) target['exemplar'] = true;
    },
    /exemplars more than once/,
  ],
  [
    'exemplars at the height of a count',
    service,
    answered,
    (panel) => void Object.assign(targetsOf(panel)[0] ?? {}, { exemplar: true }),
    /height says nothing/,
  ],
  [
    'a panel that does not heed how often is scraped',
    service,
    answered,
    (panel) => void delete panel['interval'],
    /does not heed how often is scraped/,
  ],
  [
    'a panel that is bare where its exporter is not there',
    'darkroom-stores',
    'Does Redis answer?',
    (panel) => void delete defaultsOf(panel)['noValue'],
    /says nothing where nobody is there/,
  ],
  [
    'a link by the id of a board',
    service,
    fails,
    (panel) => void Object.assign((panel['links'] as Json[])[0] ?? {}, { title: 'Board stores' }),
    /leads to back ends by the name of Board stores/,
  ],
  [
    'rare events in a window of seconds',
    service,
    fails,
    setExpr(
      `sum by (candidate) (rate(http_server_requests_total{${chosen},outcome="failed"}[$__rate_interval]))`,
    ),
    /rare events in a window of \$__rate_interval/,
  ],
  [
    'rare outcomes beside frequent ones in a window of seconds',
    'darkroom-counters',
    'What becomes of rollups?',
    setExpr(
      `topk(6, sum by (candidate, outcome) (rate(darkroom_counter_rollups_total{${chosen}}[$__rate_interval])))`,
    ),
    /outcomes, of which some are rare, in a window of \$__rate_interval/,
  ],
  [
    'a share of what may be nothing',
    service,
    answered,
    setExpr(
      `sum(rate(cache_loaded_keys_total{${chosen}}[$rare])) / sum(rate(http_server_requests_total{${chosen}}[$rare]))`,
    ),
    /divides by what may be nothing/,
  ],
  [
    'a series for each of whatever there is',
    service,
    answered,
    setExpr(`max by (candidate, instance) (nodejs_heap_size_used_bytes{${chosen}})`),
    /a series for each instance, of which there may be any number/,
  ],
  [
    'more series than can be read',
    service,
    took,
    (panel) => {
      const [target = {}] = targetsOf(panel);
      panel['targets'] = ['A', 'B', 'C', 'D', 'E'].map((refId) => ({ ...target, refId }));
    },
    /may have 10 series, of 8/,
  ],
  [
    'an exporter that passes for the service',
    service,
    answered,
    setExpr('sum by (candidate) (rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval]))'),
    /names no job: process_cpu_seconds_total/,
  ],
  [
    'a hole in the grid',
    service,
    fails,
    (panel) => void Object.assign(panel['gridPos'] as Json, { w: 4 }),
    /hole beside/,
  ],
  [
    'a mark that says the same twice',
    service,
    answered,
    (_, board) => {
      const [mark = {}] = (board['annotations'] as { list: Json[] }).list;
      mark['textFormat'] = mark['titleFormat'];
    },
    /annotation Alerts says the same twice/,
  ],
  [
    'a mark of an exporter that passes for the service',
    service,
    answered,
    (_, board) => {
      for (const mark of (board['annotations'] as { list: Json[] }).list)
        mark['expr'] = String(mark['expr']).replaceAll(/,job=~"[^$"]+"/g, '');
    },
    /annotation Runs names no job: process_start_time_seconds/,
  ],
];

describe('the rules of reading', () => {
  for (const [what, uid, title, change, complaint] of plants)
    it(`see ${what}`, () => {
      assert.match(complaintsOf(uid, title, change), complaint);
    });

  it('leave more letters and lines where there is more room', () => {
    const [third, half, whole] = [panelLimits[8], panelLimits[12], panelLimits[24]];
    assert.equal(third.titleLetters, 34);
    for (const key of ['titleLetters', 'series', 'legendLetters'] as const)
      assert.ok(third[key] < half[key] && half[key] < whole[key], key);
  });
});

describe('the colours of parts', () => {
  const channel = (value: number): number =>
    value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  /** Relative luminance, as WCAG 2 defines it. */
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
      channel(Number.parseInt(colour.slice(at, at + 2), 16) / 255),
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one: string, other: string): number => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  it('are told apart from the light ground and from the dark one', () => {
    for (const [part, colour] of Object.entries(partColours))
      for (const ground of ['#ffffff', '#181b1f'])
        assert.ok(contrast(colour, ground) >= 3, `${part} on ${ground}: ${contrast(colour, ground)}`);
  });

  it('are six different ones', () => {
    assert.equal(new Set(Object.values(partColours)).size, Object.keys(partColours).length);
  });
});

describe('ways to traces', () => {
  it('are where the slowest requests and loads are shown', () => {
    const withExemplars = boards.flatMap(({ rows }) =>
      rows.flatMap(({ panels }) =>
        panels.filter(({ queries }) => queries.some(({ hasExemplars }) => hasExemplars === true)),
      ),
    );
    assert.deepEqual(
      withExemplars.map(({ title }) => title),
      [
        'How long do requests take (p99)?',
        'How long do loads take (p99)?',
        'How long do requests take, inside and outside (p99)?',
      ],
    );
  });
});
