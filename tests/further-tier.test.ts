import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CandidateResult } from '../cli/report/compare-result.ts';

const root = join(import.meta.dirname, '..');
const own = new Set(['.darkroom', '.git', 'app']);
const behind = 'read-through:tiers=memory+shelf,invalidation=ttl';
let folder: string;

type Measured = Pick<CandidateResult, 'layers' | 'hitRatio'> & {
  readonly withheldReason: string | null;
  readonly recorded: readonly string[];
  readonly simulated: string;
};

/** A checkout with one more tier: its file, and its import and its name in the list. Nothing else differs. */
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'darkroom-tier-'));
  for (const name of readdirSync(root)) if (!own.has(name)) symlinkSync(join(root, name), join(folder, name));
  cpSync(join(root, 'app'), join(folder, 'app'), { recursive: true });
  const tiers = join(folder, 'app', 'cache', 'tiers');
  const definition = readFileSync(join(root, 'tests', 'support', 'shelf-tier.ts'), 'utf8');
  const moved = definition
    .replace('../../app/cache/tiers/tier.ts', './tier.ts')
    .replace('./shared-tier.ts', '../../../tests/support/shared-tier.ts');
  writeFileSync(join(tiers, 'shelf-tier.ts'), moved);
  const list = readFileSync(join(tiers, 'index.ts'), 'utf8');
  const longer = list.replace('{ memory, redis }', '{ memory, redis, shelf }');
  assert.notEqual(longer, list, 'the list is where the test looks for it');
  writeFileSync(join(tiers, 'index.ts'), `import { shelf } from './shelf-tier.ts';\n${longer}`);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const options = ['--preserve-symlinks', '--preserve-symlinks-main'];
  return spawnSync(process.execPath, [...options, ...args], { cwd: folder, encoding: 'utf8' });
}

describe('a further tier costs its file and its line', () => {
  it('is a choice of candidates, alone and behind a local tier', () => {
    const { status, stdout, stderr } = run(join(folder, 'cli', 'main.ts'), 'list', 'axes', '--json');
    assert.equal(status, 0, stderr);
    for (const stack of ['none', 'memory', 'redis', 'shelf', 'memory+redis', 'memory+shelf'])
      assert.match(stdout, new RegExp(`[" ]${stack.replace('+', String.raw`\+`)}[" ]`));
  });

  it('answers reads, and is called by its name in headers, labels and figures', () => {
    const { status, stdout, stderr } = run(join(folder, 'tests', 'support', 'ask-tiers.ts'), behind);
    assert.equal(status, 0, stderr);
    const { told, counted, figures } = JSON.parse(stdout) as Record<string, string[]>;
    assert.ok(figures?.includes('shelfHitRatio'), String(figures));
    assert.deepEqual(told, [
      'shelf; fwd=miss; stored, memory; fwd=miss; stored',
      'shelf; hit; ttl=0, memory; fwd=miss; stored',
      'memory; hit; ttl=0',
    ]);
    assert.deepEqual(
      counted?.map((line) => /cache_tier="(\w+)",cache_result="(\w+)"/.exec(line)?.slice(1).join(' ')),
      ['memory hit', 'shelf hit', 'none miss'],
    );
  });

  it('has its row among the layers, its hit ratio, and a guard that calls it by its name', () => {
    const { status, stdout, stderr } = run(
      join(folder, 'tests', 'support', 'measure-tiers.ts'),
      behind,
      'shelf',
      folder,
    );
    assert.equal(status, 0, stderr);
    const { layers, hitRatio, withheldReason, recorded, simulated } = JSON.parse(stdout) as Measured;
    // Of nine rounds together.
    assert.deepEqual(
      layers.map(({ layer, asked, answered, memoryBytes }) => [layer, asked, answered, memoryBytes]),
      [
        ['memory', 900, 540, 4_000],
        ['shelf', 360, 270, null],
        ['storage', 90, 90, null],
      ],
    );
    assert.deepEqual(hitRatio, { memory: 0.6, redis: null, shelf: 0.3, all: 0.9 });
    assert.match(String(withheldReason), /failed: shelf refused 90 of 360 reads \(limit 10\.0 %\)$/);
    assert.deepEqual(recorded, ['memory', 'shelf', 'storage']);
    assert.match(simulated, /The simulator knows the tiers memory and redis, and not those of read-through:/);
  });

  it('is refused where a parameter speaks of another tier', () => {
    const text = 'cache-aside:tiers=shelf,codec=json';
    const { status, stderr } = run(join(folder, 'tests', 'support', 'ask-tiers.ts'), text);
    assert.equal(status, 1);
    assert.match(stderr, /"codec" is of the redis tier, and there is none/);
  });
});
