import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scenarios } from '../loadtests/workloads/scenario-list.ts';
import { fallbacksOf } from './contract/axis.ts';
import type { Axis } from './contract/axis.ts';
import { choice } from './contract/axis-kinds.ts';
import { serviceKindName } from './contract/process-kind.ts';
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

/** The kinds of process that a system asks for, whatever is chosen on one of its axes. */
function kindNamesOf(system: SystemDefinition): string[] {
  const usual = fallbacksOf(system.axes);
  const chosen = Object.values(system.axes).flatMap(({ field, choices = [] }) =>
    choices.map((value) => system.complete?.({ [field]: value }) ?? { ...usual, [field]: value }),
  );
  const kinds = [usual, ...chosen].flatMap((values) => system.processes?.(values) ?? []);
  return [...new Set(kinds.map(({ name }) => name))];
}

/** A world tells its processes apart by the names of their kinds: a name of two systems would stand for both. */
const sharedKindNames = (all: readonly SystemDefinition[]) =>
  repeated([serviceKindName, ...all.flatMap(kindNamesOf)]);

test('a kind of process has a name of its own over all systems, and none is called as the replicas are', () => {
  assert.deepEqual(sharedKindNames(listed), []);
});

test('two systems that ask for processes of one name are noticed, also where only a choice makes them do so', () => {
  const asking = (name: string, kindName: string): SystemDefinition => ({
    name,
    summary: 'asks for a process once it is on',
    axes: { [name]: { field: name, meaning: '', fallback: 'off', matters: 'all', ...choice(['off', 'on']) } },
    refuses: () => null,
    redisUses: () => [],
    processes: (values) =>
      values[name] === 'off'
        ? []
        : [{ name: kindName, entry: 'worker.ts', count: 1, takesLoad: false, isScraped: true }],
    figures: [],
  });
  assert.deepEqual(sharedKindNames([asking('a', 'worker'), asking('b', 'leader')]), []);
  assert.deepEqual(sharedKindNames([asking('a', 'worker'), asking('b', 'worker')]), ['worker']);
  assert.deepEqual(sharedKindNames([asking('a', serviceKindName)]), [serviceKindName]);
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
