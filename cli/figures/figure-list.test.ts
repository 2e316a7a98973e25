import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figureNamed, figures, findFigure } from './figure-list.ts';

test('no two figures have the same name, and each says what it is', () => {
  assert.equal(new Set(figures.map(({ name }) => name)).size, figures.length);
  for (const { name, meaning, title } of figures) {
    assert.match(name, /^[a-z][A-Za-z0-9]*$/);
    assert.ok(meaning.length > 10 && title.length > 0, name);
  }
});

test('a difference that matters is more than nothing, whatever the value that it is from', () => {
  for (const { name, margin } of figures)
    for (const other of [0, 0.001, 1, 1_000]) assert.ok(margin(other) > 0, `${name} from ${other}`);
});

test('a tail must change by a millisecond too, other response times by five percent', () => {
  const marginOf = (name: string, otherMs: number) => Math.exp(figureNamed(name).margin(otherMs));
  assert.ok(Math.abs(marginOf('p99', 2) - 1.5) < 1e-12);
  assert.ok(Math.abs(marginOf('p95', 100) - 1.1) < 1e-12);
  for (const name of ['request', 'p50', 'mean']) assert.ok(Math.abs(marginOf(name, 0.5) - 1.05) < 1e-12);
});

test('a name that is in no list is nothing that was measured', () => {
  assert.equal(findFigure('p90'), undefined);
  assert.throws(() => figureNamed('p90'), RangeError);
});
