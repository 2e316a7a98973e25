import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { BlockRecord } from '../../cli/experiment/records.ts';
import { openReads, openRequests } from '../../cli/recordings/read-recording.ts';
import { finishedRounds } from '../../cli/report/per-round.ts';
import type { Trace } from '../../cli/traces/span.ts';
import { miniature, readResult, runFolderOf, small, untilUnspoiled } from '../support/compared-run.ts';
import { onTestServer } from '../support/databases.ts';
import { collect } from '../support/made-recordings.ts';
import { runCli, runLoad } from '../support/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The trace of this id, or of the beginning of one, as `darkroom trace` tells it. */
async function openTrace(id: string): Promise<Trace> {
  const { status, stdout, stderr } = await runCli(['trace', id, '--json']).ended;
  assert.equal(status, 0, stderr);
  const trace = JSON.parse(stdout) as Trace;
  assert.ok(trace.traceId.startsWith(id), trace.traceId);
  return trace;
}

/** The same for people. */
async function assertIsTold(id: string): Promise<void> {
  const { status, stdout, stderr } = await runCli(['trace', id]).ended;
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp(`^trace ${id}`));
}

function assertDrawn(page: string, { traceId }: Trace): void {
  assert.match(readFileSync(page, 'utf8'), new RegExp(`<h2 id="${traceId}">`));
}

test('the slowest requests of a comparison open from its table, and were measured in the round that counts', async () => {
  const json = join(folder, 'result.json');
  const traced = [...miniature, '--replicas', '1', '--rounds', '1', '--telemetry', 'trace100'];
  const recording = join(folder, 'compared.parquet');
  const args = ['compare', 'no-cache', 'versioned', ...traced, '--json', json, '--record', recording];
  const compare = async () => {
    const ended = await runCli(args, { shell: onTestServer() }).ended;
    return { ...ended, result: readResult(json) };
  };
  const { status, stdout, stderr, result } = await untilUnspoiled(compare);
  const { meta, batches } = await openReads(recording);
  assert.equal(meta.candidate, 'versioned', 'the baseline is not what is recorded');
  assert.ok((await collect(batches())).length > 0);
  // What a busy machine measures has no verdict, or fails, and has traces all the same.
  assert.ok([0, 20, 30, 31].includes(Number(status)), stderr);

  const blocks = readFileSync(join(runFolderOf(stderr), 'blocks.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as BlockRecord);
  const labels = result.candidates.map(({ name }) => name);
  // A busy machine may spoil it.
  const [round] = finishedRounds(blocks, labels, { withSpoiled: true });
  assert.ok(round !== undefined);
  const [, page = ''] = /drawn in (.*)/.exec(stderr) ?? [];
  for (const label of labels) {
    const own = result.slowTraces.filter(({ candidate }) => candidate === label);
    assert.equal(own.length, 10, label);
    for (const { round: number } of own) assert.equal(number, 1);
  }
  const ids = new Set(result.slowTraces.map(({ traceId }) => traceId));
  assert.equal(ids.size, 30, 'the control has traces of its own');

  const shown = [...stdout.matchAll(/^(\S+) +round 1 .* darkroom trace ([0-9a-f]{16})$/gm)];
  assert.deepEqual(
    shown.map(([, candidate]) => candidate),
    ['no-cache', 'no-cache', 'versioned', 'versioned'],
  );
  for (const row of [shown[0], shown[2]]) {
    const trace = await openTrace(String(row?.[2]));
    const block: BlockRecord | undefined = round.get(String(row?.[1]));
    assert.ok(block !== undefined && block.measured !== null);
    assert.ok(trace.root.startMs >= block.measured.fromMs - 1 && trace.root.startMs <= block.measured.toMs);
    assert.equal(trace.root.kind, 'server');
    assertDrawn(page, trace);
  }
});

test('load keeps its slowest traced requests, and says how much the service told', async () => {
  const args = ['load', 'feed-browsing', '--candidate', 'cache-aside', '--duration', '2', '--replicas', '1'];
  const recording = join(folder, 'load.parquet');
  const recorded = ['--record', recording, '--identifiers', 'plain'];
  const all = [...args, ...small, ...recorded, '--telemetry', 'trace100'];
  const { status, stdout, stderr } = await runLoad(all, { shell: onTestServer() });
  // A busy machine may leave some out or be late for others: the rest is traced all the same.
  assert.ok([0, 20, 30].includes(Number(status)), stderr);
  assert.match(stdout, /^feed-browsing on cache-aside at 20 requests\/s, telemetry trace100$/m);
  assert.match(
    stdout,
    status === 0 ? /40 of 40 requests measured, 0 failed, 0 dropped/ : / of 40 requests measured/,
  );
  const [, page = ''] = /drawn in (.*)/.exec(stderr) ?? [];
  const [, id = ''] = /darkroom trace ([0-9a-f]{16})$/m.exec(stdout) ?? [];
  const trace = await openTrace(id);
  await assertIsTold(id);
  assert.equal(trace.root.candidate, 'cache-aside');
  assertDrawn(page, trace);
  assert.ok(dirname(page).includes('runs'));

  const { meta, requests } = await openRequests(recording);
  const { candidate, replicas, identifiers } = meta;
  assert.deepEqual(
    { candidate, replicas, identifiers },
    { candidate: 'cache-aside', replicas: 1, identifiers: 'plain' },
  );
  const asked = await collect(requests());
  // Those of the beginning, too, which are not measured.
  const [, measured] = /(\d+) of 40 requests measured/.exec(stdout) ?? [];
  assert.ok(asked.length > Number(measured), `${asked.length} requests, ${measured} of them measured`);
  assert.match(
    stderr,
    new RegExp(`^Recorded ${asked.length} requests and [\\d,]+ reads, writes and removals in `, 'm'),
  );
});
