import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Imports modules, and prints the address of every other one that comes with them. */
const program = `
import { registerHooks } from 'node:module';
registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
for (const module of process.argv.slice(1)) await import(module);
process.exit();
`;

/** The packages that come with modules of ours. */
async function packagesOf(...modules: readonly string[]): Promise<ReadonlySet<string>> {
  const addresses = modules.map((module) => new URL(`../${module}`, import.meta.url).href);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', program, ...addresses],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), maxBuffer: 16 * 1024 * 1024 },
  );
  const names = stdout.matchAll(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//g);
  return new Set([...names].map(([, name = '']) => name));
}

function assertWithout(loaded: ReadonlySet<string>, packages: readonly string[]): void {
  assert.deepEqual(
    packages.filter((name) => loaded.has(name)),
    [],
    'each start of a process pays for what it loads: import it where it is used',
  );
}

test('a replica loads no library for what nobody has asked of it yet: spans, photos, passwords, Redis, S3', async () => {
  const loaded = await packagesOf('app/process/run-process.ts', 'app/build-app.ts');
  for (const name of ['fastify', 'pg', 'prom-client']) assert.ok(loaded.has(name), name);
  assertWithout(loaded, [
    '@aws-sdk/client-s3',
    '@fastify/otel',
    '@fastify/swagger',
    '@node-rs/argon2',
    '@opentelemetry/api',
    '@redis/client',
    'ioredis',
    'msgpackr',
    'pg-logical-replication',
    'sharp',
    'typebox',
    'yaml',
  ]);
});

test('a comparison does not load the service', async () => {
  const loaded = await packagesOf('cli/commands/compare.ts');
  assert.ok(loaded.has('pg'));
  assertWithout(loaded, ['@opentelemetry/api', 'fastify', 'prom-client', 'sharp', 'typebox']);
});
