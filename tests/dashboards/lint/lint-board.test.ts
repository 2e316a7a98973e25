import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { metricCatalogue } from '../../../app/contract/metric-catalogue.ts';
import { queriesOf } from '../../../dashboards/board.ts';
import { boardNames } from '../../../dashboards/board-names.ts';
import { boards } from '../../../dashboards/boards/index.ts';
import { generatedFiles } from '../../../dashboards/generate.ts';
import { liveCharts, liveEvents } from '../../../dashboards/live-queries.ts';
import { quantileHistograms } from '../../../dashboards/quantile-histograms.ts';
import { renderBoard } from '../../../dashboards/render-board.ts';
import { recordingRules } from '../../../dashboards/rules/recording-rules.ts';
import { alertGroups } from '../../../dashboards/rules/rule-files.ts';
import { timings } from '../../../dashboards/rules/timing.ts';
import { complainOfForm, ofCompiler } from './check-form.ts';
import { exclusions, isExcluded } from './exclusions.ts';
import { applyGrafanaRules, grafanaRules } from './grafana-rules.ts';
import { lintBoard } from './lint-board.ts';
import { complainOfQuery, metricsOf } from './promql-names.ts';
import type { PublishedDashboard } from './published-form.ts';

const checkout = join(import.meta.dirname, '..', '..', '..');
type Json = Record<string, unknown>;

const alertExpressions = timings.flatMap((timing) =>
  alertGroups(timing).flatMap(({ rules }) => rules.map(({ expr }) => expr)),
);
const recorded = recordingRules().flatMap(({ rules }) => rules.map(({ expr }) => expr));
const live = [
  ...liveCharts.flatMap(({ series }) => series.map(({ expr }) => expr)),
  ...liveEvents.map(({ expr }) => expr),
];
const shown = boards.flatMap((board) => queriesOf(board).map(({ expr }) => expr));

const misspelled: readonly (readonly [string, readonly [string, string], RegExp])[] = [
  ['a misspelled field of a panel', ['"description"', '"desciption"'], /desciption/],
  ['a misspelled field of a query', ['"legendFormat"', '"legendFromat"'], /legendFromat/],
  ['a misspelled option of a kind of panel', ['"showLegend"', '"showLegends"'], /showLegends/],
  ['a misspelled way to draw', ['"lineWidth"', '"linewidth"'], /linewidth/],
  ['a word that is none of those there are', ['"bottom"', '"below"'], /"below"/],
  ['a number that stands for nothing', ['"graphTooltip": 1', '"graphTooltip": 3'], /'3'/],
  ['a kind of panel that is not there', ['"timeseries"', '"graph"'], /"graph"/],
];
const misspelledName = (index: number): string => `misspelled-${index}`;

let complaints: ReadonlyMap<string, string> | undefined;
/** What the compiler says of the boards as they are, and of one of them with each of the mistakes. */
const complaintsOfForm = (): ReadonlyMap<string, string> => {
  const [first] = boards;
  assert.ok(first !== undefined);
  return (complaints ??= complainOfForm({
    ...Object.fromEntries(boards.map((board) => [board.uid, renderBoard(board)])),
    ...Object.fromEntries(
      misspelled.map(([, [right, wrong]], index) => [
        misspelledName(index),
        renderBoard(first).replace(right, wrong),
      ]),
    ),
  }));
};

describe('what is generated', () => {
  for (const [name, text] of Object.entries(generatedFiles()))
    it(`is committed as it is generated: ${name}`, () => {
      assert.equal(readFileSync(join(checkout, name), 'utf8'), text, 'run: npm run dashboards');
    });

  it('asks only for what somebody exposes, in words that parse', () => {
    for (const expr of [...alertExpressions, ...recorded, ...live, ...shown])
      assert.deepEqual(complainOfQuery(expr), [], expr);
  });

  it('shows every metric of the catalogue somewhere', () => {
    const used = new Set(
      [...alertExpressions, ...recorded, ...live, ...shown].flatMap((expr) => [...metricsOf(expr)]),
    );
    // What compare reads from the processes itself.
    const elsewhere = new Set(['cache_reads_total']);
    const unused = Object.values(metricCatalogue).filter(
      ({ name }) => !used.has(name) && !elsewhere.has(name),
    );
    assert.deepEqual(
      unused.map(({ name }) => name),
      [],
    );
  });

  it('knows of which histograms it shows quantiles', () => {
    const quantile = /histogram_quantile\([\d.]+, sum by \([^)]*\) \(rate\((\w+)_bucket/g;
    const asked = [...alertExpressions, ...recorded, ...live, ...shown].join('\n');
    const found = [...asked.matchAll(quantile)].map(([, name = '']) => name);
    assert.equal(found.length, asked.split('histogram_quantile').length - 1);
    assert.deepEqual(
      [...new Set(found)].toSorted(),
      quantileHistograms.map((key) => metricCatalogue[key].name).toSorted(),
    );
  });

  it('has a board of its own name for every question that is asked once', () => {
    const uids = boards.map(({ uid }) => uid);
    const titles = boards.map(({ title }) => title);
    assert.equal(new Set(uids).size, uids.length);
    assert.equal(new Set(titles).size, titles.length);
    const led = timings.flatMap((timing) =>
      alertGroups(timing).flatMap(({ rules }) =>
        rules.map(({ annotations }) => annotations['dashboard_uid'] ?? ''),
      ),
    );
    for (const uid of led) assert.ok(uids.includes(uid), `an alert leads to the board ${uid}`);
  });

  it('leads from panels only to other boards that there are', () => {
    const uids = new Set(boards.map(({ uid }) => uid));
    let links = 0;
    for (const { uid, rows } of boards)
      for (const { title, leadsTo = [] } of rows.flatMap(({ panels }) => panels))
        for (const next of leadsTo) {
          assert.ok(next !== uid && uids.has(next), `${title} leads to ${next}`);
          links += 1;
        }
    assert.ok(links > 0);
  });

  it('names in the runbooks only panels and boards that there are', () => {
    const questions = new Set([
      ...boards.flatMap(({ rows }) => rows.flatMap(({ panels }) => panels.map(({ title }) => title))),
      ...liveCharts.map(({ title }) => title),
    ]);
    const names = new Set(Object.values(boardNames).map((name) => name.toLowerCase()));
    const pages = [
      ...new Set(
        alertGroups(timings[0]).flatMap(({ rules }) =>
          rules.map(({ annotations }) => String(annotations['runbook_url'])),
        ),
      ),
    ];
    for (const page of pages) {
      const text = readFileSync(join(checkout, page), 'utf8').replaceAll('\n', ' ');
      for (const [, question = ''] of text.matchAll(/\*([A-Z][^*]+\?)\*/g))
        assert.ok(questions.has(question), `${page} names a panel that is not there: ${question}`);
      for (const [, name = ''] of text.matchAll(/\bboard\s+\*([^*?]+)\*/gi))
        assert.ok(names.has(name.toLowerCase()), `${page} names a board that is not there: ${name}`);
    }
  });
});

describe('a board', () => {
  for (const board of boards)
    it(`has nothing to complain of: ${board.title}`, () => {
      assert.deepEqual(lintBoard(JSON.parse(renderBoard(board)) as PublishedDashboard), []);
    });

  it('has the form that Grafana publishes', () => {
    const found = complaintsOfForm();
    for (const name of [...boards.map(({ uid }) => uid), ofCompiler])
      assert.equal(found.get(name), undefined);
  });
});

describe('the first row of a board of a system', () => {
  const systems = [
    'darkroom-service',
    'darkroom-feeds',
    'darkroom-counters',
    'darkroom-gateway',
    'darkroom-edge',
  ] as const;
  for (const uid of systems)
    it(`says whether it works for users, what it is short of, and what has changed: ${uid}`, () => {
      const [first] = boards.find((board) => board.uid === uid)?.rows ?? [];
      const [works, short, changed] = first?.panels ?? [];
      assert.deepEqual([works?.answers, short?.answers, changed?.answers], ['works', 'short', 'changed']);
      // What a process tells ends with it: that none is there must be told by somebody else.
      const exprs = works?.queries.map(({ expr }) => expr) ?? [];
      assert.ok(exprs.some((expr) => metricsOf(expr).has('up')));
    });

  it('is there for each system that has a board', () => {
    const answering = boards.filter(({ rows }) =>
      rows.some(({ panels }) => panels.some(({ answers }) => answers === 'works')),
    );
    assert.deepEqual(
      answering.map(({ uid }) => uid),
      systems,
    );
  });
});

describe("the rules of Grafana's dashboard-linter", () => {
  it('are all there, but for those about logs', () => {
    assert.deepEqual(grafanaRules.toSorted(), [
      'panel-datasource-rule',
      'panel-no-targets-rule',
      'panel-title-description-rule',
      'panel-units-rule',
      'target-counter-agg-rule',
      'target-instance-rule',
      'target-job-rule',
      'target-promql-rule',
      'target-rate-interval-rule',
      'template-datasource-rule',
      'template-instance-rule',
      'template-job-rule',
      'template-label-promql-rule',
      'template-on-time-change-reload-rule',
      'uneditable-dashboard-rule',
    ]);
  });

  it('have no exclusion that nothing needs, and none without a reason', () => {
    const findings = boards.flatMap((board) =>
      applyGrafanaRules(JSON.parse(renderBoard(board)) as PublishedDashboard),
    );
    for (const exclusion of exclusions) {
      const { rule, of, reason } = exclusion;
      assert.ok(
        findings.some((finding) => isExcluded(finding, exclusion)),
        `${rule} of ${of}`,
      );
      assert.ok(reason.length > 20, `${rule} of ${of}`);
    }
  });
});

describe('the form of a board', () => {
  for (const [index, [what, , complaint]] of misspelled.entries())
    it(`shows ${what}`, () => {
      assert.match(complaintsOfForm().get(misspelledName(index)) ?? '', complaint);
    });
});

describe('the lint of boards', () => {
  /** A board in which one thing was changed. */
  const broken = (change: (panel: Json, board: Json) => void): string[] => {
    const [first] = boards;
    assert.ok(first !== undefined);
    const board = JSON.parse(renderBoard(first)) as Json;
    const panel = (board['panels'] as Json[]).find(({ type }) => type === 'timeseries');
    assert.ok(panel !== undefined);
    change(panel, board);
    return lintBoard(board as PublishedDashboard);
  };
  const variable = (board: Json, name: string): Json =>
    (board['templating'] as { list: Json[] }).list.find((one) => one['name'] === name) ?? {};
  const target = (panel: Json): Json => (panel['targets'] as Json[])[0] as Json;
  const plants: readonly (readonly [string, (panel: Json, board: Json) => void, RegExp])[] = [
    ['a title that is no question', (panel) => void (panel['title'] = 'Requests'), /is no question/],
    ['a missing description', (panel) => void (panel['description'] = ''), /description/],
    [
      'an unknown unit',
      (panel) => void ((panel['fieldConfig'] as { defaults: Json }).defaults['unit'] = 'furlongs'),
      /unit/,
    ],
    [
      'a query that does not parse',
      (panel) => void (target(panel)['expr'] = 'sum by (rate(up)'),
      /does not parse/,
    ],
    [
      'a metric that nobody exposes',
      (panel) => void (target(panel)['expr'] = 'rate(http_requests_total[$__rate_interval])'),
      /nobody exposes http_requests_total/,
    ],
    [
      'a label that it does not have',
      (panel) => void (target(panel)['expr'] = 'up{photo_id="1"}'),
      /no label photo_id/,
    ],
    [
      'a fixed window',
      (panel) =>
        void (target(panel)['expr'] = 'rate(load_requests_dropped_total{candidate=~"$candidate"}[5m])'),
      /window of its own: 5m/,
    ],
    [
      'windows of another length',
      (panel) => void (target(panel)['interval'] = '1m'),
      /does not heed how often is scraped/,
    ],
    [
      'the choice of a replica passed over',
      (panel) => void (target(panel)['expr'] = 'sum(http_server_active_requests{job=~"$job"})'),
      /does not heed the chosen instance/,
    ],
    [
      'the choice of a job passed over in one of two selectors',
      (panel) => {
        const chosen = 'job=~"$job",instance=~"$instance"';
        target(panel)['expr'] = `cache_size_bytes{${chosen}} / cache_capacity_bytes{instance=~"$instance"}`;
      },
      /does not heed the chosen job: cache_capacity_bytes/,
    ],
    [
      'a choice that only looks like one',
      (panel) =>
        void (target(panel)['expr'] = 'http_server_active_requests{job!~"$job",instance=~"$instance"}'),
      /does not heed the chosen job/,
    ],
    [
      'a counter as it stands',
      (panel) =>
        void (target(panel)['expr'] = 'sum(telemetry_spans_total{job=~"$job",instance=~"$instance"})'),
      /shows a counter/,
    ],
    [
      'strategies that choose nothing',
      (_, board) => void (variable(board, 'candidate')['allValue'] = '.*'),
      /passes over the chosen strategies/,
    ],
    ['another All', (_, board) => void (variable(board, 'job')['allValue'] = '.*'), /takes \.\* for All/],
    [
      'a choice that does not follow the time',
      (_, board) => void (variable(board, 'strategy')['refresh'] = 1),
      /strategy does not follow the time/,
    ],
    ['a board that is changed by hand', (_, board) => void (board['editable'] = true), /can be edited/],
    [
      'a legend of a label that is gone',
      (panel) => void (target(panel)['legendFormat'] = '{{http_route}}'),
      /summed away/,
    ],
    [
      'a fixed data source',
      (panel) => void (panel['datasource'] = { type: 'prometheus', uid: 'mine' }),
      /data source of its own/,
    ],
    ['a panel upon another', (panel) => void (panel['gridPos'] = { h: 20, w: 24, x: 0, y: 0 }), /lies upon/],
    [
      'a repeated panel beside others',
      (panel) => void (panel['repeat'] = 'candidate'),
      /over its neighbours/,
    ],
    ['an id twice', (panel) => void (panel['id'] = 3), /has the id of/],
    [
      'a variable less',
      (_, board) => void (board['templating'] as { list: Json[] }).list.pop(),
      /has no variable rare/,
    ],
  ];
  for (const [what, change, complaint] of plants)
    it(`sees ${what}`, () => {
      assert.match(broken(change).join('\n'), complaint);
    });
});
