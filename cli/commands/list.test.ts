import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedAxes } from '../../app/cache/settings/cache-axes.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { CommandError } from '../errors.ts';
import { figures } from '../figures/figure-list.ts';
import { columnsMax } from '../report/text-columns.ts';
import { list } from './list.ts';
import type { Terminal } from './terminal.ts';

/** What the command prints. */
function printed(what: string, options: { json?: boolean } = {}): string {
  let text = '';
  list({ print: (more) => void (text += more) } as Terminal, what, options);
  return text;
}

for (const what of ['strategies', 'axes', 'parameters', 'figures', 'scenarios']) {
  test(`the list of ${what} stays within a terminal of usual width`, () => {
    for (const line of printed(what).split('\n')) assert.ok(line.length <= columnsMax, line);
  });
}

test('every strategy is named once, with what it allows', () => {
  const text = printed('strategies');
  for (const name of Object.keys(strategies))
    assert.equal(text.split('\n').filter((line) => line.split(' ')[0] === name).length, 1, name);
  assert.match(text, /^no-cache .*\n +allows nothing$/m);
  assert.match(text, /^versioned .*\n(?: +.*\n)*? +allows failed-invalidation/m);
});

test('shared parameters come first, then those of some strategies with their names', () => {
  const text = printed('axes');
  assert.equal(printed('parameters'), text, 'the earlier name');
  assert.match(text, /^ {2}strategy +how reads/m);
  assert.match(text, /^ {2}tiers +where entries live\n +none \| memory .*default memory\+redis$/m);
  const [shared = '', own = ''] = text.split('Of some strategies only');
  for (const name of Object.keys(sharedAxes)) assert.match(shared, new RegExp(`^ {2}${name} `, 'm'));
  assert.match(own, /^ {2}stale .*\n.*default 30s\n +of stale-while-revalidate, stale-if-error$/m);
  assert.doesNotMatch(text, /^ +of *$/m);
});

test('JSON says what programs need to build a candidate', () => {
  const content = JSON.parse(printed('strategies', { json: true })) as {
    strategies: { name: string; allows: string[]; parameters: string[]; defaults: Record<string, string> }[];
    parameters: { name: string; default: string; of: string[] | null }[];
  };
  const strategy = (name: string) => content.strategies.find((one) => one.name === name);
  const parameter = (name: string) => content.parameters.find((one) => one.name === name);
  assert.deepEqual(strategy('versioned')?.defaults, { protection: 'single-flight', fence: 'version' });
  assert.deepEqual(strategy('stale-if-error')?.parameters, ['stale']);
  assert.deepEqual(strategy('no-cache')?.allows, []);
  assert.deepEqual(
    [parameter('memory')?.default, parameter('negative')?.default, parameter('memory')?.of],
    ['64MiB', 'off', null],
  );
  assert.deepEqual(parameter('beta')?.of, ['early-expiration']);
  const { axes } = JSON.parse(printed('axes', { json: true })) as {
    axes: { system: string; name: string; default: string; matters: string | string[] }[];
  };
  assert.deepEqual(
    axes.slice(0, 2).map(({ system, name, default: usual, matters }) => [system, name, usual, matters]),
    [
      ['cache', 'strategy', 'cache-aside', 'all'],
      ['cache', 'tiers', 'memory+redis', 'all'],
    ],
  );
  const ofCache = axes.filter(({ system }) => system === 'cache');
  assert.equal(ofCache.length, content.parameters.length + 1);
  assert.deepEqual(Object.keys(JSON.parse(printed('scenarios', { json: true })) as object), ['scenarios']);
});

test('what cannot be listed is refused with what can', () => {
  assert.throws(
    () => printed('strategy'),
    (error) => error instanceof CommandError && /Did you mean "strategies"/.test(error.message),
  );
});

test('every figure is named once, by system, and as JSON with its scale', () => {
  const text = printed('figures');
  for (const { name } of figures) assert.match(text, new RegExp(`^  ${name} `, 'm'));
  assert.match(text, /^Of the system cache$/m);
  const listed = JSON.parse(printed('figures', { json: true })) as { figures: { name: string }[] };
  assert.deepEqual(
    listed.figures.find(({ name }) => name === 'hitRatio'),
    {
      ...{ name: 'hitRatio', meaning: 'reads that did not wait for storage; 0 where nothing is cached' },
      ...{ unit: 'of the reads that ask the cache, 0 to 1', scale: 'points', better: 'more' },
      ...{ table: 'costs', system: 'cache' },
    },
  );
});
