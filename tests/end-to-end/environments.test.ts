import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import type { Trial } from '../../cli/stack/trial.ts';
import { createOddCheckout } from '../support/odd-checkout.ts';
import type { OddCheckout } from '../support/odd-checkout.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliEnvironment } from '../support/run-cli.ts';

/** Whether this process may make namespaces and mount in them. */
function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'none', '/mnt']);
    return true;
  } catch {
    return false;
  }
}

const skip = !canUnshare() && 'needs Linux, and the right to make namespaces';

/** Of its own: in that of the tests a run is going on, theirs, beside which doctor starts nothing. */
let checkout: OddCheckout;
before(() => {
  checkout = createOddCheckout({ root: 'checkout', temporary: '' });
});
after(() => checkout.dispose());

type Doctor = { readonly exitCode: number; readonly trials: readonly Trial[] };

async function askDoctor(environment: CliEnvironment): Promise<Doctor> {
  const { status, stdout, stderr } = await runCli(['doctor', '--json'], {
    root: checkout.root,
    ...environment,
  }).ended;
  assert.doesNotMatch(stderr, /internal error/);
  const answer = JSON.parse(stdout) as Doctor;
  assert.equal(status, answer.exitCode);
  return answer;
}

const failed = ({ trials }: Doctor) => trials.filter(({ result }) => result === 'failed');

/** A folder of its own for what lies outside the checkout, so that no other run is met. */
function ownFolder(t: { after: (work: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-environment-'));
  // The user that servers run as comes by.
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('here, doctor tries every part as a run does, and all of it works', async (t) => {
  const answer = await askDoctor({ shell: { TMPDIR: ownFolder(t) } });
  assert.deepEqual(failed(answer), []);
  assert.ok(
    answer.trials.every(({ result }) => result !== 'not tried'),
    JSON.stringify(answer.trials),
  );
  assert.equal(answer.exitCode, 0);
  const parts = new Set(answer.trials.map(({ part }) => part));
  for (const part of ['Node', 'folders', 'PostgreSQL', 'Redis', 'k6', 'machine'])
    assert.ok(parts.has(part), part);
});

test('in a container: with processes, IPC, mounts and network of its own', { skip }, async (t) => {
  const folder = ownFolder(t);
  const namespaces = ['--mount', '--pid', '--ipc', '--uts', '--net', '--fork', '--mount-proc'];
  const within = ['unshare', ...namespaces, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const answer = await askDoctor({ within, shell: { TMPDIR: folder } });
  assert.deepEqual(failed(answer), []);
});

test('in a network without loopback it says what is missing', { skip }, async (t) => {
  const within = ['unshare', '--net', 'sh', '-c', 'exec "$@"', 'sh'];
  const answer = await askDoctor({ within, shell: { TMPDIR: ownFolder(t) } });
  assert.equal(answer.exitCode, 3);
  const starts = failed(answer).filter(({ tried }) => tried.startsWith('start '));
  assert.deepEqual(
    starts.map(({ part }) => part),
    ['PostgreSQL', 'Redis'],
  );
  for (const { said, remedy } of starts)
    assert.match(`${said} ${remedy}`, /was started cannot be reached: .*ip link set lo up/);
});

/** Runs in a temporary directory of this size, which is filled up where `isFull`. */
function withinSmallDisk(folder: string, size: string, isFull: boolean): readonly string[] {
  const fill = isFull ? `head -c 1M /dev/zero > ${folder}/full 2>/dev/null; ` : '';
  const script = `mount -t tmpfs -o size=${size} none ${folder} && { ${fill}exec "$@"; }`;
  return ['unshare', '--mount', 'sh', '-c', script, 'sh'];
}

test('on a small disk the error of initdb is told, not only its hint', { skip }, async (t) => {
  const folder = ownFolder(t);
  const answer = await askDoctor({
    within: withinSmallDisk(folder, '30m', false),
    shell: { TMPDIR: folder },
  });
  assert.equal(answer.exitCode, 3);
  const initialising = failed(answer).find(({ tried }) => tried === 'start the embedded server');
  assert.match(String(initialising?.said), /could not be initialised: .*No space left on device/);
  assert.match(String(initialising?.remedy), /is there space/);
  const counted = failed(answer).find(({ tried }) => tried === 'count free disk space');
  assert.match(String(counted?.said), /^\d+ MB needed, \d+ MB to be had$/);
});

test('on a full disk every command says so, and how to go on', { skip }, async (t) => {
  const folder = ownFolder(t);
  const within = withinSmallDisk(folder, '8k', true);
  const { trials } = await askDoctor({ within, shell: { TMPDIR: folder } });
  const said = trials
    .filter(({ result }) => result === 'failed')
    .map(({ said, remedy }) => `${said} ${remedy}`);
  assert.ok(
    said.some((text) => /ENOSPC.*TMPDIR/.test(text)),
    said.join('\n'),
  );
  const run = await runCli(['load', 'feed-browsing'], { within, shell: { TMPDIR: folder } }).ended;
  assert.equal(run.status, 3);
  assert.match(run.stderr, /^darkroom: .*ENOSPC.*\n {2}The disk is full.*TMPDIR/m);
});

test('with few open files a load is refused before it starts, with both numbers', async () => {
  const within = ['sh', '-c', 'ulimit -Sn 256; ulimit -Hn 256; exec "$@"', 'sh'];
  const args = ['load', 'feed-browsing', '--people', '50', '--photos', '200', '--rate', '400'];
  const { status, stderr } = await runCli(args, { within }).ended;
  assert.equal(status, 3, stderr);
  assert.match(stderr, /needs more than there is: \d+ open files of k6 \(256 to be had\)/);
  assert.match(stderr, /lower --rate; or raise the limit of open files to \d+ \(ulimit -n \d+/);
  assert.doesNotMatch(stderr, /Seeding|Loading/);
});

test('more replicas than a given server has connections for are refused before anything is made', async () => {
  const shell = { DATABASE_URL: process.env['DARKROOM_TEST_DATABASE_URL'] };
  const args = ['up', 'no-cache', 'cache-aside', 'versioned', '--replicas', '16'];
  const { status, stderr } = await runCli(args, { shell }).ended;
  assert.equal(status, 3, stderr);
  assert.match(stderr, /needs more than there is: .*\d+ connections to PostgreSQL \(\d+ to be had\)/);
  assert.equal(stderr.match(/raise max_connections of your PostgreSQL/g)?.length, 1, stderr);
  assert.doesNotMatch(stderr, /Seeding|Starting/);
});

/** Each run of doctor tries both stores, and tells of both. */
const faults = [
  {
    shell: { DATABASE_URL: 'garbage', REDIS_URL: 'garbage' },
    said: { PostgreSQL: /no address that begins with postgres/, Redis: /no address that begins with redis/ },
  },
  {
    shell: { DATABASE_URL: 'postgres://127.0.0.1:1/x', REDIS_URL: 'redis://127.0.0.1:1' },
    said: { PostgreSQL: /ECONNREFUSED/, Redis: /ECONNREFUSED/ },
  },
] as const;

for (const { shell, said } of faults)
  describe(`with DATABASE_URL=${shell.DATABASE_URL} and REDIS_URL=${shell.REDIS_URL}, doctor`, () => {
    let answer: Doctor;
    before(async () => {
      answer = await askDoctor({ shell });
    });

    it('ends with status 3', () => assert.equal(answer.exitCode, 3));

    for (const [part, words] of Object.entries(said))
      it(`says what failed with ${part}`, () => {
        const failure = failed(answer).find((trial) => trial.part === part);
        assert.equal(failure?.tried, 'connect');
        assert.match(failure.said, words);
        assert.notEqual(failure.remedy, '');
      });
  });
