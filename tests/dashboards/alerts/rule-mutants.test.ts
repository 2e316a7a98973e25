import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { judgeRules, providePromtool } from '../../support/judge-rules.ts';
import type { Judged } from '../../support/judge-rules.ts';
import { signOf } from './alert-case.ts';
import type { AlertCase } from './alert-case.ts';
import { alertCases } from './alert-cases.ts';
import { alertGroups } from '../../../dashboards/rules/rule-files.ts';
import { mutantsOf } from './rule-mutants.ts';
import type { Mutant } from './rule-mutants.ts';
import type { AlertRule } from '../../../dashboards/rules/rule.ts';
import { compressed } from '../../../dashboards/rules/timing.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-mutants-'));
const nameOf = (rule: AlertRule): string => `${rule.alert} ${signOf(rule)}`.trim();
after(() => rmSync(folder, { recursive: true, force: true }));

describe('what may be wrong in a rule', () => {
  it('is every comparison, every number and every clause', () => {
    assert.deepEqual(
      mutantsOf('a > 2 and (b offset 5m) == 0').map(({ expr }) => expr),
      [
        'a > 2',
        '(b offset 5m) == 0',
        'a < 2 and (b offset 5m) == 0',
        'a > 4 and (b offset 5m) == 0',
        'a > 1 and (b offset 5m) == 0',
        'a > 2 and (b offset 5m) != 0',
      ],
    );
  });
});

/** A rule, and everything that it becomes with one thing wrong in it. */
const suspects = alertGroups(compressed)
  .flatMap(({ rules }) => rules)
  .map((rule, number) => ({
    alertname: `${rule.alert}_${number}`,
    rule,
    mutants: mutantsOf(rule.expr).map((mutant, index) => ({
      ...mutant,
      alertname: `${rule.alert}_${number}_${index}`,
      rule: { ...rule, expr: mutant.expr },
    })),
  }));
type Suspect = Judged & Partial<Mutant>;

/** Whether a case is one of those that are likely to notice: it is named after the rule, or speaks of what was changed. */
function isNear({ name, series }: AlertCase, { rule, nearestSeries }: Suspect): boolean {
  const sign = signOf(rule);
  if (sign !== '') return name.startsWith(sign);
  return Object.keys(series).some((key) => key.split('{', 1)[0] === nearestSeries);
}

/**
 * Those that do not what some case of their alert says, by name, with the words of promtool. One case after the other, of all
 * alerts at a time, the likely ones first: what was noticed needs not be held against the others.
 */
async function findFailing(): Promise<ReadonlyMap<string, string>> {
  const bench = { promtool: await providePromtool(), folder };
  const casesOf = Map.groupBy(alertCases(compressed), ({ alert }) => alert);
  const suspectsOf = Map.groupBy(
    suspects.flatMap(({ mutants, ...itself }): Suspect[] => [itself, ...mutants]),
    ({ rule }) => rule.alert,
  );
  const failing = new Map<string, string>();
  const most = Math.max(...[...casesOf.values()].map(({ length }) => length));
  for (const isLikely of [true, false])
    for (let index = 0; index < most; index += 1) {
      const trials = [...casesOf].flatMap(([alert, cases]) =>
        cases.slice(index, index + 1).map((one) => ({
          cases: [one],
          judged: (suspectsOf.get(alert) ?? []).filter(
            (each) => !failing.has(each.alertname) && isNear(one, each) === isLikely,
          ),
        })),
      );
      for (const [name, words] of await judgeRules(bench, compressed, trials)) failing.set(name, words);
    }
  return failing;
}

describe('as its cases say, an alert', () => {
  let failing: ReadonlyMap<string, string>;
  before(async () => {
    failing = await findFailing();
  });

  for (const { alertname, rule, mutants } of suspects)
    it(`fires and stays silent, and they notice whatever is changed in it: ${nameOf(rule)}`, () => {
      assert.equal(failing.get(alertname), undefined);
      const missed = mutants.filter((mutant) => !failing.has(mutant.alertname));
      assert.deepEqual(
        missed.map(({ change }) => change),
        [],
      );
    });
});
