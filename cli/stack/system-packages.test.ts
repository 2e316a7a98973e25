import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { CommandError } from '../errors.ts';
import { providePrometheus } from './prometheus-binary.ts';
import type { StackContext } from './stack-context.ts';
import { doesStart, findUnpacked, unpackPackages } from './system-packages.ts';
import { digestOfFolder, markFileOf, writeMark } from './whole-folder.ts';

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

const wanted = {
  folder: 'thing',
  what: 'The thing',
  notice: 'Unpacking the thing ...',
  packages: ['thing'],
  remedy: 'Make one.',
};
const isThere = (): boolean => findUnpacked(context, 'thing') !== null;
const program = join(cache, 'thing', 'usr', 'bin', 'thing');

test('two that need a package at once unpack it once', async () => {
  const unpack = () => unpackPackages(context, { ...wanted, isThere });
  await Promise.all([unpack(), unpack()]);
  assert.equal(updates(), 1);
  assert.deepEqual(readdirSync(cache), ['thing', 'thing.lock', 'thing.whole.json']);
  assert.deepEqual(readdirSync(join(cache, 'thing', 'usr', 'bin')), ['thing']);
});

const breakages: Readonly<Record<string, () => void>> = {
  'a file that was cut off': () => truncateSync(program, 100),
  'a file that is gone': () => rmSync(program),
  'an empty folder that a cleaner removed': () => rmSync(join(cache, 'thing', 'empty'), { recursive: true }),
  'an unpacking that was killed before its last step': () => rmSync(markFileOf(join(cache, 'thing'))),
  'a mark that was cut off': () => truncateSync(markFileOf(join(cache, 'thing')), 5),
  'an earlier version of what is unpacked': () =>
    writeMark(join(cache, 'thing'), { version: '0', digest: '' }),
};

for (const [what, breakIt] of Object.entries(breakages)) {
  test(`${what} is mended by unpacking anew, which is told`, async () => {
    writeProgram('dpkg', 'mkdir -p "$3/usr/bin" "$3/empty" && cp /bin/sh "$3/usr/bin/$(basename "$2" .deb)"');
    const unpack = () => unpackPackages(context, { ...wanted, isThere });
    await unpack();
    const whole = digestOfFolder(join(cache, 'thing'));
    // Drafts of a killed one are in nobody's way.
    mkdirSync(join(cache, 'thing.new', 'root', 'half'), { recursive: true });
    breakIt();
    assert.equal(isThere(), false);
    reports.length = 0;
    await unpack();
    assert.equal(isThere(), true);
    assert.equal(digestOfFolder(join(cache, 'thing')), whole);
    assert.match(reports.join('\n'), /The thing in .* cannot be used as it is\./);
    await unpack();
    assert.equal(updates(), 2);
  });
}

test('where unpacking anew fails, the way out is named', async () => {
  mkdirSync(join(cache, 'thing'));
  writeAptGet('echo "E: no such mirror" >&2; exit 100');
  await assert.rejects(unpackPackages(context, { ...wanted, isThere }), (error) => {
    assert.ok(error instanceof CommandError);
    return error.remedy === 'Make one. To begin anew: darkroom clean.';
  });
});

test('what an earlier version unpacked is used when its program runs, and unpacked anew when not', async () => {
  const unpack = () =>
    unpackPackages(context, { ...wanted, isThere, doesRun: () => doesStart(context, program) });
  mkdirSync(join(cache, 'thing', 'usr', 'bin'), { recursive: true });
  writeFileSync(program, '#!/bin/sh\necho 1.0\n', { mode: 0o755 });
  await unpack();
  assert.ok(isThere());
  assert.equal(updates(), 0);
  rmSync(markFileOf(join(cache, 'thing')));
  writeFileSync(program, '\u0000ELF');
  await unpack();
  assert.ok(isThere());
  assert.equal(updates(), 1);
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
  assert.deepEqual(readdirSync(cache), ['thing.lock']);
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
