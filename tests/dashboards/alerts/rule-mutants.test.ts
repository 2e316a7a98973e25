import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { judgeRules, providePromtool } from '../../support/judge-rules.ts';
import { signOf } from './alert-case.ts';
import { alertGroups } from '../../../dashboards/rules/rule-files.ts';
import { mutantsOf } from './rule-mutants.ts';
import type { AlertRule } from '../../../dashboards/rules/rule.ts';
import { compressed } from '../../../dashboards/rules/timing.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-mutants-'));
const nameOf = (rule: AlertRule): string => `${rule.alert} ${signOf(rule)}`.trim();
let promtool = '';
before(async () => {
  promtool = await providePromtool();
});
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

describe('as its cases say, an alert', () => {
  for (const rule of alertGroups(compressed).flatMap(({ rules }) => rules))
    it(`fires and stays silent, and they notice whatever is changed in it: ${nameOf(rule)}`, async () => {
      const { alert, expr } = rule;
      const changed = mutantsOf(expr).map((mutant, index) => ({
        alertname: `${alert}_${index}`,
        rule: { ...rule, expr: mutant.expr },
        change: mutant.change,
      }));
      const { failed, output } = await judgeRules({ promtool, folder }, compressed, alert, [
        { alertname: alert, rule },
        ...changed,
      ]);
      assert.ok(!failed.has(alert), output);
      const missed = changed.filter(({ alertname }) => !failed.has(alertname));
      assert.deepEqual(
        missed.map(({ change }) => change),
        [],
      );
    });
});
