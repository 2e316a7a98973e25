import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createRecordingWriter } from '../../cli/recordings/write-recording.ts';
import type { RecordingMeta } from '../../cli/recordings/recording.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import type { PlannedRequest } from '../../loadtests/workloads/workload.ts';
import { readResult, runFolderOf, untilUnspoiled } from '../support/compared-run.ts';
import { onTestServer } from '../support/databases.ts';
import { runCli } from '../support/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const size = { seed: 1, people: 60, photos: 300, followers: 'heavy' } as const;
const brief = ['--replicas', '1', '--warm-up-requests', '50', '--measure', '2'];
/** Identical worlds may differ by chance, once in a hundred times: then what takes time has no verdict. */
const measuredWell = [0, 31];

/** Twenty a second, and none for a second in each three: k6 makes virtual users for the most that come in a second. */
const recordedAtUs = (index: number): number => 1e6 * (Math.floor(index / 40) * 3 + (index % 40) / 20);
const recorded = 160;

function record(file: string, requests: readonly PlannedRequest[]): void {
  const { seed, people, photos } = size;
  const meta: RecordingMeta = { version: 1, source: 'test', seed, people, photos, identifiers: 'plain' };
  const writer = createRecordingWriter(file, meta);
  for (const [index, { operation, viewerId, params }] of requests.entries())
    writer.add({
      timeUs: recordedAtUs(index),
      event: 'request',
      request: index,
      class: operation,
      key: BigInt(params['photoId'] ?? params['userId'] ?? 0),
      bytes: 0,
      lifetimeMs: 0,
      viewer: BigInt(viewerId),
      replica: 0,
      outcome: '',
    });
  writer.finish();
}

test('a recording of the own service is sent request by request, to all candidates, from empty caches on', async () => {
  const workload = createWorkload({ ...size, mix: 'social-default' });
  const requests = Array.from({ length: recorded }, (_, index) => workload.requestAt(5, index));
  const [file, json] = [join(folder, 'own.parquet'), join(folder, 'own.json')];
  record(file, requests);
  const args = ['replay', file, 'cache-aside', '--keep-raw', '--json', json, ...brief];
  const replay = async () => {
    const ended = await runCli(args, { shell: onTestServer() }).ended;
    return { ...ended, result: readResult(json) };
  };
  const { status, stderr, result } = await untilUnspoiled(replay);
  assert.equal(status, result.exitCode, stderr);
  // A machine that has no time for the generator ends it early.
  if (status === 30) return;
  assert.ok(measuredWell.includes(status ?? -1), stderr);
  const { manifest, candidates, notes } = result;
  assert.equal(manifest.scenario, 'a replay of own.parquet');
  assert.deepEqual([manifest.rate.source, manifest.people, manifest.photos], ['recording', 60, 300]);
  assert.ok(notes.some((note) => /^Replayed at its own speed: 1\d\.\d requests\/s on average/.test(note)));
  assert.deepEqual(
    candidates.map(({ name, requests: sent, errors }) => [name, sent, errors]),
    ['no-cache', 'cache-aside', 'no-cache′'].map((name) => [name, recorded, 0]),
  );
  const [head = '', ...lines] = gunzipSync(readFileSync(join(runFolderOf(stderr), 'requests.csv.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  const rows = lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string) => cells[head.split(',').indexOf(name)] ?? '';
    return {
      world: cell('candidate'),
      at: Number(cell('request')),
      operation: cell('operation'),
      sentUs: Number(cell('plannedUs')),
    };
  });
  const own = rows.filter(({ world }) => world === 'cache-aside').toSorted((a, b) => a.at - b.at);
  assert.deepEqual(
    own.map(({ operation }) => operation),
    requests.map(({ operation }) => operation),
  );
  // Each was planned for when it was recorded, but for the pauses between rounds, which are made good within them.
  const offsMs = own.map(({ at, sentUs }) => (sentUs - recordedAtUs(at) - (own[0]?.sentUs ?? 0)) / 1000);
  assert.ok(Math.max(...offsMs) < 1_000 && Math.min(...offsMs) > -1_500, offsMs.map(Math.round).join(' '));
  // Nothing was in the caches when the first round began.
  const [first] = result.blocks.filter(({ candidate }) => candidate === 'cache-aside');
  const whole = candidates.find(({ name }) => name === 'cache-aside');
  assert.ok((first?.cache?.memoryHits ?? 0) / (first?.cache?.reads ?? 1) < (whole?.hitRatio.memory ?? 0));
});

for (const [name, text, args, pattern] of [
  [
    'unsorted.csv',
    'ts,obj\n2,a\n1,b\n',
    ['--columns', 'time=ts,key=obj'],
    /RECORDING_INVALID: .*unsorted\.csv, line 3/,
  ],
  [
    'wide.csv',
    `ts,obj\n${Array.from({ length: 40 }, (_, at) => `${at},o${at}\n`).join('')}`,
    ['--columns', 'time=ts,key=obj', '--photos', '30'],
    /has 40 objects, and the seeded database would have 30 photos.*\n.*--photos 40.*--sample/,
  ],
] as const) {
  test(`what cannot be replayed is refused before anything starts: ${name}`, async () => {
    const file = join(folder, name);
    writeFileSync(file, text);
    const { status, stdout, stderr } = await runCli(['replay', file, 'cache-aside', ...args]).ended;
    assert.equal(status, 2, stderr);
    assert.match(stderr, pattern);
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.equal(stdout, '');
  });
}
