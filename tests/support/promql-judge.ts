import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { readEnvironment } from '../../cli/environment.ts';
import { providePrometheus } from '../../cli/stack/prometheus-binary.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';

const checkout = join(import.meta.dirname, '..', '..');

/** Series and their values for a minute of seconds, in promtool's notation: `0+10x60` is 0, 10, 20 … */
export type Minute = Readonly<Record<string, string>>;

export type PromqlJudge = {
  /**
   * Fails unless the expression has this value for candidate "a" at the end of the minute; null: no value. promtool compares
   * exactly: take figures that are binary fractions.
   */
  readonly assertSays: (minute: Minute, expr: string, value: number | null) => Promise<void>;
  readonly close: () => void;
};

/** Evaluates PromQL with Prometheus's own tool. */
export async function openPromqlJudge(): Promise<PromqlJudge> {
  const environment = readEnvironment();
  const paths = resolvePaths(checkout, environment);
  const { signal } = new AbortController();
  const { promtool } = await providePrometheus({ environment, paths, signal, report: () => {} });
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-promql-'));
  return {
    async assertSays(minute, expr, value) {
      const file = join(folder, 'case.yml');
      const test = {
        interval: '1s',
        input_series: Object.entries(minute).map(([series, values]) => ({ series, values })),
        promql_expr_test: [
          {
            expr,
            eval_time: '60s',
            exp_samples: value === null ? [] : [{ labels: '{candidate="a"}', value }],
          },
        ],
      };
      writeFileSync(file, stringify({ evaluation_interval: '1s', tests: [test] }));
      const complaint = await promisify(execFile)(promtool, ['test', 'rules', file]).then(
        () => '',
        (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
      );
      assert.equal(complaint, '');
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Counters that grow by so much each second. */
export function growing(perSecond: Readonly<Record<string, number>>): Minute {
  return Object.fromEntries(Object.entries(perSecond).map(([name, growth]) => [name, `0+${growth}x60`]));
}
