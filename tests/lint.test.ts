import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, test } from 'node:test';
import { format } from 'oxfmt';
import type { FormatConfig } from 'oxfmt';

const root = join(import.meta.dirname, '..');

/** A repository of one planted file, under the lint settings of this one. */
const folder = mkdtempSync(join(tmpdir(), 'darkroom-lint-'));
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
  copyFileSync(join(root, name), join(folder, name));
for (const name of ['app', 'cli']) mkdirSync(join(folder, name));
after(() => rmSync(folder, { recursive: true }));

const clients = `
  import pg from 'pg';
  import { Redis } from 'ioredis';
  export const pool = new pg.Pool();
  export const redis = new Redis();
  export async function load(): Promise<number> { return (await pool.query('SELECT 1')).rowCount ?? 0; }
`;

const floating = [
  "pool.query('SELECT 1');",
  "redis.del('key');",
  'load();',
  'void load();',
  'load().then((rows) => rows + 1);',
  "redis.pipeline().del('key').exec();",
  'Promise.all([load(), load()]);',
  'Promise.race([load(), load()]);',
  'if (pool) load();',
  "pool.connect().then((client) => { client.query('SELECT 1'); }).catch(() => null);",
];

/** What is planted, where, and the rule that must see it; null: nothing may be reported. */
const planted: readonly { path: string; text: string; code: string | null }[] = [
  ...floating.map((statement, index) => ({
    path: `app/floating-${index}.ts`,
    text: `${clients}export function run(): void { ${statement} }`,
    code: 'typescript(no-floating-promises)',
  })),
  {
    path: 'app/misused.ts',
    text: `${clients}export const run = (list: number[]) => list.forEach(async () => { await load(); });`,
    code: 'typescript(no-misused-promises)',
  },
  {
    path: 'app/no-promise.ts',
    text: 'export async function run(): Promise<void> { const one = (): number => 1; await one(); }',
    code: 'typescript(await-thenable)',
  },
  {
    path: 'app/any.ts',
    text: 'export const run = (given: any): unknown => [given];',
    code: 'typescript(no-explicit-any)',
  },
  {
    path: 'app/long.ts',
    text: `${clients}export async function run(): Promise<void> {\n${'await load();\n'.repeat(70)}}`,
    code: 'eslint(max-lines-per-function)',
  },
  { path: 'app/environment.ts', text: 'export const home = process.env.HOME;', code: 'node(no-process-env)' },
  { path: 'app/config.ts', text: 'export const home = process.env.HOME;', code: null },
  { path: 'cli/environment.ts', text: 'export const home = process.env.HOME;', code: null },
  { path: 'app/handled.ts', text: `${clients}export const run = () => load().catch(() => 0);`, code: null },
];

type Diagnostic = { readonly code: string; readonly filename: string };

function lint(): Diagnostic[] {
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { stdout } = spawnSync(process.execPath, [oxlint, '-f', 'json'], { cwd: folder, encoding: 'utf8' });
  return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
}

describe('the linter', () => {
  for (const { path, text } of planted) writeFileSync(join(folder, path), `${text}\n`);
  const diagnostics = lint();
  for (const { path, text, code } of planted) {
    it(`reports ${code ?? 'nothing'} in ${text.trimEnd().split('\n').at(-1)}`, () => {
      const codes = diagnostics
        .filter(({ filename }) => filename === path)
        .map((diagnostic) => diagnostic.code);
      assert.deepEqual(codes, code === null ? [] : [code]);
    });
  }
});

test('the launcher has the format of the rest, though its name does not say what it is written in', async () => {
  const settings = JSON.parse(readFileSync(join(root, '.oxfmtrc.json'), 'utf8')) as FormatConfig;
  const text = readFileSync(join(root, 'darkroom'), 'utf8');
  const { code, errors } = await format('darkroom.js', text, settings);
  assert.deepEqual(errors, []);
  assert.equal(text, code);
});
