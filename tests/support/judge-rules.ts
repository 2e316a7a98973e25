import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { readEnvironment } from '../../cli/environment.ts';
import { providePrometheus } from '../../cli/stack/prometheus-binary.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';
import { signOf } from '../dashboards/alerts/alert-case.ts';
import type { AlertCase } from '../dashboards/alerts/alert-case.ts';
import { alertCases } from '../dashboards/alerts/alert-cases.ts';
import { recordingGroups } from '../../dashboards/rules/recording-rules.ts';
import type { AlertRule, RecordingRule } from '../../dashboards/rules/rule.ts';
import type { Timing } from '../../dashboards/rules/timing.ts';

/** Where rules are judged: by whom, and a folder for what he reads. */
export type Bench = { readonly promtool: string; readonly folder: string };

/** It has much to say when it says that nothing holds. */
const maxBuffer = 64 * 2 ** 20;

export async function providePromtool(): Promise<string> {
  const environment = readEnvironment();
  const paths = resolvePaths(join(import.meta.dirname, '..', '..'), environment);
  const signal = new AbortController().signal;
  return (await providePrometheus({ environment, paths, signal, report: () => {} })).promtool;
}

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
export type Judged = { readonly alertname: string; readonly rule: AlertRule };

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
export async function judgeRules(
  { promtool, folder }: Bench,
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
