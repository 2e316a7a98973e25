import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scenarios } from '../loadtests/workloads/scenario-list.ts';
import type { Axis } from './contract/axis.ts';
import type { SystemDefinition } from './contract/system.ts';
import { systems } from './systems.ts';

const listed: readonly SystemDefinition[] = Object.values(systems);
const axes: readonly (readonly [string, Axis])[] = listed.flatMap((system) => Object.entries(system.axes));

const repeated = (names: readonly string[]) => names.filter((name, index) => names.indexOf(name) !== index);

test('a system has the name under which it is listed', () => {
  assert.deepEqual(
    listed.map(({ name }) => name),
    Object.keys(systems),
  );
  for (const { name, summary } of listed) assert.ok(summary.length > 0, name);
});

test('an axis and its field have names of their own over all systems', () => {
  assert.deepEqual(repeated(axes.map(([name]) => name)), []);
  assert.deepEqual(repeated(axes.map(([, { field }]) => field)), []);
  for (const [name] of axes) assert.match(name, /^[a-z]+(-[a-z]+)*$/);
});

test('one axis is the leading word', () => {
  const leading = axes.filter(([, { isLeadingWord }]) => isLeadingWord === true).map(([name]) => name);
  assert.deepEqual(leading, ['strategy']);
});

describe('an axis', () => {
  for (const [name, { fallback, takes, meaning, matters, parse, format }] of axes) {
    test(`${name} takes its own default, and says what it is and to which scenarios it matters`, () => {
      assert.equal(parse(format(fallback)), fallback);
      assert.match(format(fallback), /^[\w.+-]+$/, 'no character that a shell or a candidate’s text touches');
      assert.ok(takes !== '' && meaning !== '');
      for (const scenario of matters === 'all' ? [] : matters) assert.ok(Object.hasOwn(scenarios, scenario));
    });
  }
});
