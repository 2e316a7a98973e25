import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { judgeRules, providePromtool } from '../../support/judge-rules.ts';
import { signOf } from './alert-case.ts';
import { alertCases } from './alert-cases.ts';
import { alertGroups, ruleFiles } from '../../../dashboards/rules/rule-files.ts';
import { recordedNames, recordingGroups } from '../../../dashboards/rules/recording-rules.ts';
import { fileNameOf } from '../../../dashboards/rules/rule.ts';
import type { AlertRule } from '../../../dashboards/rules/rule.ts';
import { compressed, production, secondsOf, timings } from '../../../dashboards/rules/timing.ts';
import type { Timing } from '../../../dashboards/rules/timing.ts';

const checkout = join(import.meta.dirname, '..', '..', '..');
const runbooks = join(checkout, 'docs', 'runbooks');
const folder = mkdtempSync(join(tmpdir(), 'darkroom-rules-'));
const rulesOf = (timing: Timing): AlertRule[] => alertGroups(timing).flatMap(({ rules }) => rules);
const names = [...new Set(rulesOf(compressed).map(({ alert }) => alert))];
let promtool = '';

before(async () => {
  promtool = await providePromtool();
  for (const [name, text] of Object.entries(ruleFiles())) writeFileSync(join(folder, name), text);
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the rules', () => {
  it('are right in the eyes of their own tool', async () => {
    for (const name of Object.keys(ruleFiles())) {
      const { stdout } = await promisify(execFile)(promtool, ['check', 'rules', join(folder, name)]);
      assert.match(stdout, /SUCCESS/);
    }
  });

  it('are the same alerts for operation and for runs of minutes', () => {
    const namesOf = (timing: typeof production) =>
      alertGroups(timing).flatMap(({ rules }) =>
        rules.map(({ alert, labels }) => `${alert} ${labels['severity']}`),
      );
    assert.deepEqual(namesOf(production), namesOf(compressed));
  });
});

describe('what is recorded', () => {
  const windowsOf = (rules: readonly { readonly expr: string }[]): number[] =>
    rules.flatMap(({ expr }) => [...expr.matchAll(/\[(\w+)\]/g)].map(([, window = '']) => secondsOf(window)));

  it('for runs of minutes, each second, looks back over minutes at most', () => {
    const rules = recordingGroups(compressed).flatMap((group) => group.rules);
    assert.ok(Math.max(...windowsOf(rules)) <= 300);
  });

  it('over hours is recorded once a minute at most', () => {
    for (const { name, interval = '1s', rules } of timings.flatMap(recordingGroups))
      if (Math.max(...windowsOf(rules)) >= 3_600) assert.ok(secondsOf(interval) >= 60, name);
  });

  it('has one name once in a file', () => {
    for (const timing of timings) {
      const names = recordingGroups(timing).flatMap(({ rules }) => rules.map(({ record }) => record));
      assert.equal(new Set(names).size, names.length);
    }
  });

  it('is all that the alerts of the same file pair need', () => {
    for (const timing of timings) {
      const known = new Set(
        recordingGroups(timing).flatMap(({ rules }) => rules.map(({ record }) => record)),
      );
      for (const { expr } of alertGroups(timing).flatMap(({ rules }) => rules))
        for (const [name] of expr.matchAll(/candidate:[\w:]+/g)) assert.ok(known.has(name), name);
    }
  });
});

describe('the ratios of a cache', () => {
  it('say of a bypass and of each key of a load that storage saw it, and of a joined read that it did not', async () => {
    const { window } = compressed;
    const reads = (candidate: string, result: string, tier: string) =>
      `cache_requests_total{candidate="${candidate}",instance="r1",cache_name="photo",cache_result="${result}",cache_tier="${tier}"}`;
    const loaded = (candidate: string, keys: number, calls: number) =>
      Object.entries({ cache_loaded_keys_total: keys, cache_load_duration_seconds_count: calls }).map(
        ([name, perSecond]) => ({
          series: `${name}{candidate="${candidate}",instance="r1",cache_name="photo"}`,
          values: `0+${perSecond}x120`,
        }),
      );
    const ratioOf = (record: string, value: number, candidate: string) => ({
      expr: `${record}{candidate="${candidate}"}`,
      eval_time: '120s',
      exp_samples: [{ labels: `${record}{candidate="${candidate}"}`, value }],
    });
    const { originOffload, hitRatio } = recordedNames(window);
    const cases = join(folder, 'ratio-cases.yml');
    const tests = [
      {
        interval: '1s',
        input_series: [
          { series: reads('bypassing', 'bypass', 'none'), values: '0+10x120' },
          { series: reads('caching', 'hit', 'memory'), values: '0+6x120' },
          { series: reads('caching', 'coalesced', 'none'), values: '0+2x120' },
          { series: reads('caching', 'miss', 'none'), values: '0+2x120' },
          ...loaded('caching', 2, 2),
          // A page that finds nothing: a list and the twenty photos on it, with two calls.
          { series: reads('batching', 'miss', 'none'), values: '0+21x120' },
          ...loaded('batching', 21, 2),
        ],
        promql_expr_test: [
          ratioOf(originOffload, 0, 'bypassing'),
          ratioOf(originOffload, 0.8, 'caching'),
          ratioOf(originOffload, 0, 'batching'),
          ratioOf(hitRatio, 0.6, 'caching'),
        ],
      },
    ];
    const ruleFile = join(folder, 'ratio-rules.yml');
    writeFileSync(ruleFile, stringify({ groups: recordingGroups(compressed) }));
    writeFileSync(cases, stringify({ rule_files: [ruleFile], evaluation_interval: '1s', tests }));
    const { stdout } = await promisify(execFile)(promtool, ['test', 'rules', cases]);
    assert.match(stdout, /SUCCESS/);
  });
});

describe('an alert', () => {
  it('has a case in which each of its rules fires and one in which it does not', () => {
    for (const timing of timings)
      for (const rule of rulesOf(timing)) {
        const sign = signOf(rule);
        const outcomes = alertCases(timing)
          .filter(({ alert, of }) => alert === rule.alert && of?.includes(sign) !== false)
          .map(({ fires }) => fires.includes(sign));
        assert.ok(
          outcomes.includes(true) && outcomes.includes(false),
          `${timing.name} ${rule.alert} ${sign}`,
        );
      }
  });

  it('has a runbook, and each runbook has its alert', () => {
    const pages = readdirSync(runbooks).filter((name) => name !== 'README.md');
    const wanted = names.map(fileNameOf);
    assert.deepEqual(pages.toSorted(), wanted.toSorted());
    for (const { annotations } of rulesOf(compressed))
      assert.ok(existsSync(join(checkout, String(annotations['runbook_url']))));
  });

  describe('over days', () => {
    let failing: ReadonlyMap<string, string>;
    const named = rulesOf(production).map((rule, number) => ({ alertname: `${rule.alert}_${number}`, rule }));
    before(async () => {
      const casesOf = Map.groupBy(alertCases(production), ({ alert }) => alert);
      const trials = names.map((name) => ({
        cases: casesOf.get(name) ?? [],
        judged: named.filter(({ rule }) => rule.alert === name),
      }));
      failing = await judgeRules({ promtool, folder }, production, trials);
    });

    for (const name of names)
      it(`fires and stays silent as its cases say, over days too: ${name}`, () => {
        for (const { alertname, rule } of named)
          if (rule.alert === name) assert.equal(failing.get(alertname), undefined, signOf(rule));
      });
  });
});
