import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { createRecordingFolder } from '../../tests/support/made-recordings.ts';
import { runCli } from '../../tests/support/run-cli.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { CommandError } from '../errors.ts';
import { simulate } from './simulate-command.ts';
import type { SimulateCommandOptions } from './simulate-command.ts';
import type { Terminal } from './terminal.ts';

const folder = createRecordingFolder();
after(folder.remove);

const file = folder.in('day.csv');
writeFileSync(
  file,
  `time,key,size\n${Array.from({ length: 3_000 }, (_, row) => `${row},k${(row * row) % 311},${100 + (row % 7)}`).join('\n')}\n`,
);

/** What the command says, in this thread. */
async function simulated(texts: readonly string[], options: Partial<SimulateCommandOptions> = {}) {
  const printed: string[] = [];
  const terminal: Terminal = {
    version: 'of a test',
    checkout: '',
    clock: createFakeClock(),
    columns: null,
    signal: new AbortController().signal,
    print: (text) => void printed.push(text),
    progress: () => {},
    report: () => {},
    ask: async () => null,
    printed: async () => null,
    exitWith: () => {},
    logUnforeseen: () => '',
    close: () => {},
  };
  await simulate(terminal, file, texts, { seed: 1, lifetimes: 'candidate', threads: 0, ...options });
  return printed.join('');
}

const refused = (told: RegExp) => (error: unknown) =>
  error instanceof CommandError && error.exitCode === 2 && told.test(`${error.message} ${error.remedy}`);

describe('darkroom simulate', () => {
  test('prints a line for each candidate, and keeps the curves as data and as a picture', async () => {
    const [json, svg] = [folder.in('curve.json'), folder.in('curve.svg')];
    const text = await simulated(['cache-aside', 'no-cache'], { curve: 'lru,sieve', json, svg });
    assert.match(text, /^cache-aside +\d/m);
    assert.match(text, /^sieve: .*knee/m);
    const { candidates, curves } = JSON.parse(readFileSync(json, 'utf8')) as {
      candidates: { name: string; hitRatio: { all: number } }[];
      curves: { curves: { policy: string }[] };
    };
    assert.deepEqual(
      candidates.map(({ name, hitRatio }) => [name, hitRatio.all > 0]),
      [
        ['cache-aside', true],
        ['no-cache', false],
      ],
    );
    assert.deepEqual(
      curves.curves.map(({ policy }) => policy),
      ['lru', 'sieve'],
    );
    assert.match(readFileSync(svg, 'utf8'), /^<svg /);
  });

  test('refuses what it cannot do, says what it can, and leaves no file behind', async () => {
    const json = folder.in('none.json');
    const cases: readonly [readonly string[], Partial<SimulateCommandOptions>, RegExp][] = [
      [['cache-aside', 'cache-aside'], {}, /are the same candidate/],
      [['cache-beside'], {}, /cache-beside/],
      [['cache-aside:memory=0'], {}, /memory/],
      [['cache-aside:memory=1e30'], {}, /memory/],
      [['cache-aside:eviction=fife'], {}, /fifo/],
      [[], { curve: 'lru,siev' }, /There is no eviction policy "siev"\. Did you mean "sieve"\?/],
      [[], { curve: '' }, /There is no eviction policy ""\..*lru, fifo, lfu, sieve/s],
      [['cache-aside'], { svg: folder.in('none.svg') }, /--svg is a picture of curves.*--curve/],
      [['cache-aside'], { columns: 'nonsense' }, /--columns does not take "nonsense"/],
      [[], { svg: folder.in('no-such-folder/none.svg') }, /--svg .*none\.svg cannot be written/],
    ];
    for (const [texts, options, told] of cases)
      await assert.rejects(simulated(texts, { json, ...options }), refused(told), String(told));
    assert.deepEqual(
      readdirSync(folder.in('')).filter((name) => name.startsWith('none')),
      [],
    );
  });

  test('ends at Ctrl-C with status 130, whatever its threads are at, and leaves nothing half written', async () => {
    const endless = folder.in('long.csv');
    writeFileSync(
      endless,
      `time,key\n${Array.from({ length: 500_000 }, (_, row) => `${row},${row % 9_973}`).join('\n')}\n`,
    );
    const json = folder.in('stopped.json');
    const many = Array.from({ length: 60 }, (_, index) => `cache-aside:memory=${index + 1}MiB`);
    const run = runCli(['simulate', endless, ...many, '--json', json, '--threads', '2']);
    await run.said('events for 60 candidates');
    run.kill('SIGINT');
    const { status, stdout, stderr } = await run.ended;
    assert.equal(status, 130, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /Interrupted/);
    assert.ok(!existsSync(json));
  });
});
