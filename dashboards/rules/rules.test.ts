import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { readEnvironment } from '../../cli/environment.ts';
import { providePrometheus } from '../../cli/stack/prometheus-binary.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';
import { signOf } from './alert-case.ts';
import type { AlertCase } from './alert-case.ts';
import { alertCases } from './alert-cases.ts';
import { alertGroups, ruleFiles } from './rule-files.ts';
import { recordedNames, recordingGroups } from './recording-rules.ts';
import { fileNameOf } from './rule.ts';
import { mutantsOf } from './rule-mutants.ts';
import type { AlertRule, RecordingRule } from './rule.ts';
import { compressed, production, secondsOf, timings } from './timing.ts';
import type { Timing } from './timing.ts';

const checkout = join(import.meta.dirname, '..', '..');
const runbooks = join(checkout, 'docs', 'runbooks');
const folder = mkdtempSync(join(tmpdir(), 'darkroom-rules-'));
const rulesOf = (timing: Timing): AlertRule[] => alertGroups(timing).flatMap(({ rules }) => rules);
const nameOf = (rule: AlertRule): string => `${rule.alert} ${signOf(rule)}`.trim();
const names = [...new Set(rulesOf(compressed).map(({ alert }) => alert))];
/** It has much to say when it says that nothing holds. */
const maxBuffer = 64 * 2 ** 20;
let promtool = '';

before(async () => {
  const environment = readEnvironment();
  const paths = resolvePaths(checkout, environment);
  const signal = new AbortController().signal;
  ({ promtool } = await providePrometheus({ environment, paths, signal, report: () => {} }));
  for (const [name, text] of Object.entries(ruleFiles())) writeFileSync(join(folder, name), text);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The recordings that these expressions need, and those that these need, in their order. */
function neededBy(expressions: readonly string[], timing: Timing): RecordingRule[] {
  const all = recordingGroups(timing).flatMap(({ rules }) => rules);
  const needed: RecordingRule[] = [];
  for (const rule of all.toReversed())
    if ([...expressions, ...needed.map(({ expr }) => expr)].some((expr) => expr.includes(rule.record)))
      needed.unshift(rule);
  return needed;
}

/** A rule of an alert, as it is or with something changed, under a name of its own. */
type Judged = { readonly alertname: string; readonly rule: AlertRule };

/** Whether it fires, or not, as a case says of the rule. */
function expectationOf({ alertname, rule }: Judged, { at, stepSeconds, fires }: AlertCase) {
  const [label = ''] = ['burn', 'sign'].filter((name) => name in rule.labels);
  const labels = label === '' ? '' : `${label}="${signOf(rule)}"`;
  return {
    expr: `group by (${label}) (ALERTS{alertname="${alertname}",alertstate="firing",${labels}})`,
    eval_time: `${at * stepSeconds}s`,
    exp_samples: fires.includes(signOf(rule)) ? [{ labels: `{${labels}}`, value: 1 }] : [],
  };
}

/** The names of those that do not what the cases of their alert say, and the words of promtool. */
async function judge(
  timing: Timing,
  alert: string,
  judged: readonly Judged[],
): Promise<{ readonly failed: ReadonlySet<string>; readonly output: string }> {
  const own = mkdtempSync(join(folder, 'case-'));
  const alerts = judged.map(({ alertname, rule }) => ({ ...rule, alert: alertname }));
  const recordings = neededBy(
    alerts.map(({ expr }) => expr),
    timing,
  );
  const rules = join(own, 'rules.yml');
  writeFileSync(rules, stringify({ groups: [{ name: 'case', rules: [...recordings, ...alerts] }] }));
  const cases = alertCases(timing).filter((one) => one.alert === alert);
  const tests = cases.map((one) => ({
    interval: `${one.stepSeconds}s`,
    input_series: Object.entries(one.series).map(([series, values]) => ({ series, values })),
    promql_expr_test: judged
      .filter(({ rule }) => one.of?.includes(signOf(rule)) !== false)
      .map((each) => expectationOf(each, one)),
  }));
  const file = join(own, 'cases.yml');
  const evaluation_interval = `${cases[0]?.evaluationSeconds}s`;
  const told = tests.filter(({ promql_expr_test }) => promql_expr_test.length > 0);
  writeFileSync(file, stringify({ rule_files: [rules], evaluation_interval, tests: told }));
  const output = await promisify(execFile)(promtool, ['test', 'rules', file], { maxBuffer }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
  const failed = [...output.matchAll(/alertname=\\?"(\w+)\\?"/g)].map(([, name = '']) => name);
  if (failed.length === 0) assert.match(output, /SUCCESS/);
  return { failed: new Set(failed), output };
}

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

  for (const name of names)
    it(`fires and stays silent as its cases say, over days too: ${name}`, async () => {
      const rules = rulesOf(production).filter(({ alert }) => alert === name);
      const { failed, output } = await judge(
        production,
        name,
        rules.map((rule) => ({ alertname: name, rule })),
      );
      assert.equal(failed.size, 0, output);
    });

  for (const rule of rulesOf(compressed))
    it(`does so in minutes, and its cases notice whatever is changed in it: ${nameOf(rule)}`, async () => {
      const { alert, expr } = rule;
      const changed = mutantsOf(expr).map((mutant, index) => ({
        alertname: `${alert}_${index}`,
        rule: { ...rule, expr: mutant.expr },
        change: mutant.change,
      }));
      const { failed, output } = await judge(compressed, alert, [{ alertname: alert, rule }, ...changed]);
      assert.ok(!failed.has(alert), output);
      const missed = changed.filter(({ alertname }) => !failed.has(alertname));
      assert.deepEqual(
        missed.map(({ change }) => change),
        [],
      );
    });
});
