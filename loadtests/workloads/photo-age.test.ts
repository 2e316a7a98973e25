import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOfView, ageSpanHours, ageWeight, viewsUpTo } from './photo-age.ts';

const rounded = (value: number): number => Math.round(value * 1_000) / 10;

test('has the oracle values: first hour 6.1 %, first day 39.7 %, first two days half of the views', () => {
  assert.equal(rounded(viewsUpTo(1)), 6.1);
  assert.equal(rounded(viewsUpTo(24)), 39.7);
  assert.equal(rounded(viewsUpTo(48)), 50);
  assert.equal(viewsUpTo(ageSpanHours), 1);
});

test('a week-old photo is about 18 times colder than those of the first day', () => {
  const steps = 24 * 60;
  let firstDay = 0;
  for (let step = 0; step < steps; step += 1) firstDay += ageWeight((step + 0.5) / 60) / steps;
  const ratio = firstDay / ageWeight(7 * 24);
  assert.ok(ratio > 17 && ratio < 19, `ratio ${ratio}`);
});

test('the age of a view is the inverse of the share of views', () => {
  for (const u of [0, 0.061, 0.25, 0.5, 0.9, 0.999])
    assert.ok(Math.abs(viewsUpTo(ageOfView(u)) - u) < 1e-12, String(u));
  assert.equal(ageOfView(0), 0);
});

test('the share of views is what the weights add up to', () => {
  const stepHours = 0.01;
  let below = 0;
  let all = 0;
  for (let age = stepHours / 2; age < ageSpanHours; age += stepHours) {
    if (age < 48) below += ageWeight(age);
    all += ageWeight(age);
  }
  assert.ok(Math.abs(below / all - viewsUpTo(48)) < 1e-3);
});
