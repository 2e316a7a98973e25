import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');
const own = new Set(['.darkroom', '.git', 'app']);
let folder: string;

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
    const text = 'read-through:tiers=memory+shelf,invalidation=ttl';
    const { status, stdout, stderr } = run(join(folder, 'tests', 'support', 'ask-tiers.ts'), text);
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

  it('is refused where a parameter speaks of another tier', () => {
    const text = 'cache-aside:tiers=shelf,codec=json';
    const { status, stderr } = run(join(folder, 'tests', 'support', 'ask-tiers.ts'), text);
    assert.equal(status, 1);
    assert.match(stderr, /"codec" is of the redis tier, and there is none/);
  });
});
