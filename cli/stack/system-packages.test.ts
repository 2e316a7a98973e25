import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { CommandError } from '../errors.ts';
import { providePrometheus } from './prometheus-binary.ts';
import type { StackContext } from './stack-context.ts';
import { unpackPackages } from './system-packages.ts';

const { context: base, remove } = createTestStack();
after(remove);
const { cache } = base.paths;
const programs = join(base.paths.checkout, 'programs');
const calls = join(base.paths.checkout, 'calls');
const reports: string[] = [];

/** A system with nothing but the programs of this test; what they call themselves is found as always. */
const context: StackContext = {
  ...base,
  environment: {
    ...base.environment,
    path: programs,
    ofTools: {
      ...base.environment.ofTools,
      PATH: `${programs}${delimiter}${base.environment.ofTools['PATH'] ?? ''}`,
    },
  },
  report: (message) => void reports.push(message),
};

function writeProgram(name: string, script: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** An apt-get that brings what it is asked for, unless `onUpdate` ends it. */
function writeAptGet(onUpdate: string): void {
  writeProgram(
    'apt-get',
    `for word; do [ "$word" = update ] && { echo update >> ${calls}; ${onUpdate}; }
     [ -n "$downloads" ] && : > "$word.deb"; [ "$word" = download ] && downloads=yes; done; true`,
  );
}

const updates = (): number => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0);

beforeEach(() => {
  for (const folder of [programs, cache]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  }
  rmSync(calls, { force: true });
  reports.length = 0;
  writeAptGet('sleep 0.1');
  writeProgram('dpkg', 'mkdir -p "$3/usr/bin" && cp /bin/sh "$3/usr/bin/$(basename "$2" .deb)"');
});

const wanted = { folder: 'thing', what: 'The thing', packages: ['thing'], remedy: 'Make one.' };
const isThere = (): boolean => existsSync(join(cache, 'thing'));

test('two that need a package at once unpack it once', async () => {
  const unpack = () => unpackPackages(context, { ...wanted, isThere });
  await Promise.all([unpack(), unpack()]);
  assert.equal(updates(), 1);
  assert.deepEqual(readdirSync(cache), ['thing']);
  assert.deepEqual(readdirSync(join(cache, 'thing', 'usr', 'bin')), ['thing']);
});

test('packages that do not come in time are given up', async () => {
  writeAptGet('exec sleep 100');
  const late = unpackPackages(context, { ...wanted, isThere, limitMs: 200 });
  await assert.rejects(late, (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.message, 'The thing could not be unpacked: it took longer than 0.2 s');
    assert.deepEqual([error.reason, error.remedy], ['cannotProvision', 'Make one.']);
    return true;
  });
  assert.deepEqual(readdirSync(cache), []);
});

test('a Prometheus without exporters gets them from the packages of the system', async () => {
  for (const name of ['prometheus', 'promtool']) writeProgram(name, 'true');
  const found = await providePrometheus(context);
  assert.equal(found.prometheus, join(programs, 'prometheus'));
  assert.ok(found.redisExporter?.startsWith(cache));
  assert.ok(found.postgresExporter?.startsWith(cache));
  await providePrometheus(context);
  assert.equal(updates(), 1);
  assert.equal(reports.length, 1);
});

test('where exporters cannot be had it is said which stores are silent, and tried once a day', async () => {
  for (const name of ['prometheus', 'promtool', 'redis_exporter']) writeProgram(name, 'true');
  writeAptGet('echo "E: no such mirror" >&2; exit 100');
  const found = await providePrometheus(context);
  assert.equal(found.postgresExporter, null);
  assert.equal(updates(), 1);
  assert.match(reports.at(-1) ?? '', /^PostgreSQL tells nothing of itself: .*E: no such mirror/);
  await providePrometheus(context);
  assert.equal(updates(), 1);
  assert.match(reports.at(-1) ?? '', /^PostgreSQL tells nothing of itself: there is no postgres_exporter/);
  const [marker = ''] = readdirSync(cache);
  const yesterday = performance.timeOrigin / 1000 - 90_000;
  utimesSync(join(cache, marker), yesterday, yesterday);
  await providePrometheus(context);
  assert.equal(updates(), 2);
});
