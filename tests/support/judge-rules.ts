import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readEnvironment } from '../../cli/environment.ts';
import { providePrometheus } from '../../cli/stack/prometheus-binary.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';
import { signOf } from '../dashboards/alerts/alert-case.ts';
import type { AlertCase } from '../dashboards/alerts/alert-case.ts';
import { recordingGroups } from '../../dashboards/rules/recording-rules.ts';
import type { AlertRule, RecordingRule } from '../../dashboards/rules/rule.ts';
import type { Timing } from '../../dashboards/rules/timing.ts';

/** What rules are judged with: the path of promtool, and a folder for the files that it reads. */
export type Bench = { readonly promtool: string; readonly folder: string };

/** How much promtool may print: it prints much when no rule does what it should. */
const maxBuffer = 64 * 2 ** 20;
/**
 * promtool, which is written in Go, collects garbage only when it has used this much memory: with the usual
 * settings that takes a tenth of the time.
 */
const collecting = { GOGC: 'off', GOMEMLIMIT: '256MiB' };

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

/** Rules of one alert, and the cases that they are tried with. */
export type Trial = { readonly cases: readonly AlertCase[]; readonly judged: readonly Judged[] };

/**
 * The rules that do not do what some case says of them, by name, with what they do instead. A rule that fails
 * in a short case is not tried in the long ones: most faults show early, and rules are evaluated again and
 * again until the last moment of a case.
 */
export async function judgeRules(
  bench: Bench,
  timing: Timing,
  trials: readonly Trial[],
): Promise<ReadonlyMap<string, string>> {
  const failing = new Map<string, string>();
  for (const length of ['soon over', 'longer'] as const) {
    const held = trials.map(({ cases, judged }) => ({
      cases: Object.groupBy(cases, lengthAmong(cases))[length] ?? [],
      judged: judged.filter(({ alertname }) => !failing.has(alertname)),
    }));
    const stages = setStages(held);
    const firing = await askPromtool(bench, timing, stages);
    for (const [alertname, words] of stages.flatMap((stage) => differencesOf(stage, firing)))
      failing.set(alertname, words);
  }
  return failing;
}

const secondsUntil = ({ at, stepSeconds }: AlertCase): number => at * stepSeconds;

/** Half of the cases are soon over, or more where many take equally long. */
function lengthAmong(cases: readonly AlertCase[]): (one: AlertCase) => 'soon over' | 'longer' {
  const sorted = cases.map(secondsUntil).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return (one) => (secondsUntil(one) <= middle ? 'soon over' : 'longer');
}

/** Cases that happen in one storage, each to a candidate of its own, and the rules that they speak of. */
type Stage = {
  readonly held: readonly {
    readonly one: AlertCase;
    readonly candidate: string;
    readonly judged: readonly Judged[];
  }[];
  /** What is asked at these moments of a stage has such a name. */
  readonly moments: ReadonlyMap<number, string>;
};

const usualCandidate = 'candidate="a"';

/**
 * Cases of the same pace and length happen at the same time: to evaluate a rule costs hardly more for many of them than for one, and to
 * open a storage more than most of them. What happens to no candidate has its time for itself.
 */
function setStages(trials: readonly Trial[]): Stage[] {
  const all = trials.flatMap(({ cases, judged }) => {
    const lastOf = (pace: string): number =>
      Math.max(...cases.filter((one) => paceOf(one) === pace).map(secondsUntil));
    return cases.map((one) => ({
      one,
      judged: judged.filter((each) => speaksOf(one, each)),
      stage: [paceOf(one), isOfCandidate(one) ? lastOf(paceOf(one)) : `${one.alert} ${one.name}`].join(),
    }));
  });
  const stages = Map.groupBy(
    all.filter(({ judged }) => judged.length > 0),
    ({ stage }) => stage,
  );
  return [...stages.values()].map((held) => ({
    held: held.map(({ one, judged }, index) => ({ one, judged, candidate: `a${index}` })),
    moments: new Map(held.map(({ one }) => [secondsUntil(one), crypto.randomUUID()])),
  }));
}

const paceOf = ({ stepSeconds, evaluationSeconds }: AlertCase): string =>
  `${stepSeconds} ${evaluationSeconds}`;
const isOfCandidate = ({ series }: AlertCase): boolean =>
  Object.keys(series).every((name) => name.includes(usualCandidate));

/** Whether a case looks at this rule. */
const speaksOf = ({ of }: AlertCase, { rule }: Judged): boolean => of?.includes(signOf(rule)) !== false;

/** How long a value of an alert is seen after rules were evaluated. */
const lookbackSeconds = 300;

/** Has promtool evaluate the rules of all stages, and tells what fires. */
async function askPromtool(
  { promtool, folder }: Bench,
  timing: Timing,
  stages: readonly Stage[],
): Promise<Firing> {
  const own = mkdtempSync(join(folder, 'stages-'));
  const files = stages.map((stage, index) => {
    const rules = join(own, `rules-${index}.yml`);
    // JSON is YAML, too, and is written and read in a fraction of the time.
    const group = {
      name: 'case',
      rules: withRecordings([...new Set(stage.held.flatMap(({ judged }) => judged))], timing),
    };
    writeFileSync(rules, JSON.stringify({ groups: [group] }));
    const file = join(own, `cases-${index}.yml`);
    const evaluationSeconds = stage.held[0]?.one.evaluationSeconds ?? 0;
    for (const seconds of stage.moments.keys())
      assert.ok(seconds % evaluationSeconds < lookbackSeconds, `nothing would be seen after ${seconds} s`);
    const told = {
      rule_files: [rules],
      evaluation_interval: `${evaluationSeconds}s`,
      tests: [testOf(stage)],
    };
    writeFileSync(file, JSON.stringify(told));
    return file;
  });
  if (files.length === 0) return new Map();
  const { stdout, stderr } = await promisify(execFile)(promtool, ['test', 'rules', ...files], {
    maxBuffer,
    env: { ...process.env, ...collecting },
  }).catch((error: { stdout: string; stderr: string }) => error);
  const [, ...failures] = stderr.split('FAILED:');
  assert.equal((stdout.match(/SUCCESS/g)?.length ?? 0) + failures.length, files.length, stdout + stderr);
  return firingIn(failures);
}

/** What promtool is told of a stage. It is to expect that nothing fires, so that it tells what does. */
function testOf({ held, moments }: Stage) {
  return {
    interval: `${held[0]?.one.stepSeconds}s`,
    input_series: held.flatMap(({ one, candidate }) =>
      Object.entries(one.series).map(([series, values]) => ({
        series: series.replaceAll(usualCandidate, `candidate="${candidate}"`),
        values,
      })),
    ),
    promql_expr_test: [...moments].map(([seconds, moment]) => ({
      expr: `label_replace(group by (alertname, candidate) (ALERTS{alertstate="firing"}), "moment", "${moment}", "", "")`,
      eval_time: `${seconds}s`,
      exp_samples: [],
    })),
  };
}

/** The candidates for which each rule fires, by moment and name: empty text where it fires for none at all. */
type Firing = ReadonlyMap<string, ReadonlySet<string>>;
const placeOf = (moment: string, alertname: string): string => `${moment} ${alertname}`;

function firingIn(failures: readonly string[]): Firing {
  const firing = new Map<string, Set<string>>();
  for (const failure of failures) {
    // That a rule could not be evaluated, or a file not be read, is no answer.
    const got = failure.match(/^\s+got: .*$/gm) ?? [];
    assert.ok(got.length > 0 && got.length === (failure.match(/^\s+expr: /gm) ?? []).length, failure);
    assert.doesNotMatch(failure, /, err: /);
    for (const [labels] of got.join().matchAll(/\{[^}]*\}/g)) {
      const labelOf = (name: string): string => new RegExp(`\\b${name}="(.*?)"`).exec(labels)?.[1] ?? '';
      const place = placeOf(labelOf('moment'), labelOf('alertname'));
      firing.set(place, (firing.get(place) ?? new Set()).add(labelOf('candidate')));
    }
  }
  return firing;
}

/** The rules that do not what some case says of them. What fires for no candidate does so in each case. */
function differencesOf({ held, moments }: Stage, firing: Firing): (readonly [string, string])[] {
  return held.flatMap(({ one, candidate, judged }) =>
    judged.flatMap(({ alertname, rule }) => {
      const of = firing.get(placeOf(moments.get(secondsUntil(one)) ?? '', alertname));
      const fires = of !== undefined && (held.length === 1 || of.has(candidate) || of.has(''));
      if (fires === one.fires.includes(signOf(rule))) return [];
      return [[alertname, `${one.name}: it ${fires ? 'fires' : 'does not fire'}`] as const];
    }),
  );
}

function withRecordings(judged: readonly Judged[], timing: Timing): (RecordingRule | AlertRule)[] {
  // What an alert says is not asked for, and its name says which it is: to write that down takes longer than to find out that it fires.
  const alerts = judged.map(({ alertname, rule }) => ({
    ...rule,
    alert: alertname,
    labels: {},
    annotations: {},
  }));
  const recordings = neededBy(
    alerts.map(({ expr }) => expr),
    timing,
  );
  return [...recordings, ...alerts];
}
