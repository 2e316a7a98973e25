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
import { recordingGroups } from '../../dashboards/rules/recording-rules.ts';
import type { AlertRule, RecordingRule } from '../../dashboards/rules/rule.ts';
import type { Timing } from '../../dashboards/rules/timing.ts';

/** Where rules are judged: by whom, and a folder for what he reads. */
export type Bench = { readonly promtool: string; readonly folder: string };

/** It has much to say when it says that nothing holds. */
const maxBuffer = 64 * 2 ** 20;
/** Percent of new garbage at which it is collected: with the usual 100 a tenth of the time goes into that. */
const collectAt = '400';

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

/** Rules of one alert, and the cases of it that they are held against. */
export type Trial = { readonly cases: readonly AlertCase[]; readonly judged: readonly Judged[] };

/** Those that do not what a case says of them, by name, with the words of promtool. It is called once for all trials. */
export async function judgeRules(
  { promtool, folder }: Bench,
  timing: Timing,
  trials: readonly Trial[],
): Promise<ReadonlyMap<string, string>> {
  const own = mkdtempSync(join(folder, 'trials-'));
  const files = trials
    .map(({ cases, judged }) => ({ judged, tests: cases.map((one) => testOf(judged, one)), cases }))
    .filter(({ tests }) => tests.some(({ promql_expr_test }) => promql_expr_test.length > 0))
    .map(({ judged, tests, cases }, index) => {
      const rules = join(own, `rules-${index}.yml`);
      writeFileSync(rules, stringify({ groups: [{ name: 'case', rules: withRecordings(judged, timing) }] }));
      const file = join(own, `cases-${index}.yml`);
      const evaluation_interval = `${cases[0]?.evaluationSeconds}s`;
      const told = tests.filter(({ promql_expr_test }) => promql_expr_test.length > 0);
      writeFileSync(file, stringify({ rule_files: [rules], evaluation_interval, tests: told }));
      return file;
    });
  if (files.length === 0) return new Map();
  const { stdout, stderr } = await promisify(execFile)(promtool, ['test', 'rules', ...files], {
    maxBuffer,
    env: { ...process.env, GOGC: collectAt },
  }).catch((error: { stdout: string; stderr: string }) => error);
  const [, ...failures] = stderr.split('FAILED:');
  assert.equal((stdout.match(/SUCCESS/g)?.length ?? 0) + failures.length, files.length, stdout + stderr);
  return new Map(failures.flatMap(failedIn));
}

/** What a case expects of each that it speaks of. */
function testOf(judged: readonly Judged[], one: AlertCase) {
  return {
    interval: `${one.stepSeconds}s`,
    input_series: Object.entries(one.series).map(([series, values]) => ({ series, values })),
    promql_expr_test: judged
      .filter(({ rule }) => one.of?.includes(signOf(rule)) !== false)
      .map((each) => expectationOf(each, one)),
  };
}

function withRecordings(judged: readonly Judged[], timing: Timing): (RecordingRule | AlertRule)[] {
  const alerts = judged.map(({ alertname, rule }) => ({ ...rule, alert: alertname }));
  const recordings = neededBy(
    alerts.map(({ expr }) => expr),
    timing,
  );
  return [...recordings, ...alerts];
}

/** What failed in a file, by name. That the file itself is wrong is no answer. */
function failedIn(failure: string): (readonly [string, string])[] {
  const named = failure.split(/\n(?=\s*expr: )/).flatMap((text) => {
    const [, name] = /alertname=\\?"(\w+)\\?"/.exec(text) ?? [];
    return name === undefined ? [] : [[name, text] as const];
  });
  assert.ok(named.length > 0, failure);
  return named;
}
