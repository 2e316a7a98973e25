import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cheapestAsGood, chooseFew, frontOf } from './front.ts';

const priced = (label: string, bytes: number, hitRatio: number) => ({ label, bytes, hitRatio });
const labels = (all: readonly { readonly label: string }[]): string =>
  all.map(({ label }) => label).join(' ');

const all = [
  priced('dear', 800, 0.93),
  priced('small', 100, 0.7),
  priced('worse', 120, 0.69),
  priced('near', 200, 0.89),
  priced('nearly', 400, 0.925),
  priced('same', 500, 0.9255),
];

test('the front has what nothing cheaper matches, the cheapest first', () => {
  assert.equal(labels(frontOf(all)), 'small near nearly dear');
});

test('of those of one price the best counts', () => {
  assert.equal(labels(frontOf([priced('a', 10, 0.2), priced('b', 10, 0.5), priced('c', 10, 0.4)])), 'b');
});

test('few are run: the cheapest that comes near, the cheapest that is nearly as good, and the best', () => {
  assert.equal(labels(chooseFew(frontOf(all))), 'near nearly dear');
  assert.equal(labels(chooseFew(frontOf(all.slice(0, 1)))), 'dear');
  assert.deepEqual(chooseFew([]), []);
});

test('what is recommended is the cheapest that was measured to be as good as the best', () => {
  type Run = { readonly label: string; readonly bytes: number; readonly ratio: number | null };
  const measured = (label: string, bytes: number, ratio: number | null, trouble: string | null = null) => ({
    ...{ label, bytes, ratio, trouble },
  });
  const ratioOf = ({ ratio }: Run): number | null => ratio;
  const runs = [measured('best', 800, 0.91), measured('good', 400, 0.905), measured('poor', 200, 0.8)];
  assert.equal(cheapestAsGood(runs, ratioOf)?.label, 'good');
  assert.equal(cheapestAsGood([...runs, measured('unknown', 1, null)], ratioOf)?.label, 'good');
  assert.equal(cheapestAsGood([...runs, measured('failing', 1, 0.91, 'it failed')], ratioOf)?.label, 'good');
  assert.equal(cheapestAsGood([measured('unknown', 1, null)], ratioOf), null);
});
