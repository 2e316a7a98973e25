import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderTable } from '../cli/report/table.ts';
import { scrapedComparison } from './support/scraped-comparison.ts';

/** Kept from when each figure was spelled out by hand; `node tests/same-comparison.test.ts --keep` keeps today's. */
const keptFile = (name: string): string => join(import.meta.dirname, 'kept', name);

/** As JSON carries it. */
const asWritten = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is not in `value` as it is in `kept`, by path; what `value` has beside it is no matter. Numbers may differ in the last digits. */
function missing(kept: unknown, value: unknown, path: string): string[] {
  if (Array.isArray(kept)) {
    if (!Array.isArray(value) || value.length !== kept.length) return [`${path}: another list`];
    return kept.flatMap((item, index) => missing(item, value[index], `${path}[${index}]`));
  }
  if (isRecord(kept)) {
    if (!isRecord(value)) return [`${path}: not an object`];
    return Object.entries(kept).flatMap(([name, item]) => missing(item, value[name], `${path}.${name}`));
  }
  const isSame =
    typeof kept === 'number' && typeof value === 'number'
      ? Math.abs(kept - value) <= 1e-9 * Math.max(1, Math.abs(kept))
      : kept === value;
  return isSame ? [] : [`${path}: ${String(kept)} has become ${String(value)}`];
}

type Comparison = { readonly metric: string; readonly candidate: string; readonly baseline: string };
type Kept = { readonly comparisons: readonly Comparison[] };

test('the tables of caches are what they were when each figure was spelled out by hand', () => {
  assert.equal(renderTable(scrapedComparison()), readFileSync(keptFile('comparison.txt'), 'utf8'));
});

test('the result of caches has every field that it had then, with the same values', () => {
  const kept = JSON.parse(readFileSync(keptFile('comparison.json'), 'utf8')) as Kept;
  const result = scrapedComparison();
  const nameOf = ({ metric, candidate, baseline }: Comparison) => `${metric} ${candidate} ${baseline}`;
  const byName = new Map(result.comparisons.map((comparison) => [nameOf(comparison), comparison]));
  const comparisons = kept.comparisons.map((comparison) => byName.get(nameOf(comparison)));
  assert.deepEqual(missing(kept, asWritten({ ...result, comparisons }), 'result'), []);
});

if (process.argv.includes('--keep')) {
  const result = scrapedComparison();
  writeFileSync(keptFile('comparison.json'), `${JSON.stringify(result)}\n`);
  writeFileSync(keptFile('comparison.txt'), renderTable(result));
}
