import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { judgeRules, providePromtool } from '../../support/judge-rules.ts';
import type { Judged } from '../../support/judge-rules.ts';
import { signOf } from './alert-case.ts';
import { alertCases } from './alert-cases.ts';
import { alertGroups } from '../../../dashboards/rules/rule-files.ts';
import { mutantsOf } from './rule-mutants.ts';
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

/** Those that do not what some case of their alert says, by name, with the words of promtool. */
async function findFailing(): Promise<ReadonlyMap<string, string>> {
  const bench = { promtool: await providePromtool(), folder };
  const casesOf = Map.groupBy(alertCases(compressed), ({ alert }) => alert);
  const suspectsOf = Map.groupBy(
    suspects.flatMap(({ mutants, ...itself }): Judged[] => [itself, ...mutants]),
    ({ rule }) => rule.alert,
  );
  const trials = [...casesOf].map(([alert, cases]) => ({ cases, judged: suspectsOf.get(alert) ?? [] }));
  return judgeRules(bench, compressed, trials);
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
