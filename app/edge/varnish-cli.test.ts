import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createVarnishCli } from './varnish-cli.ts';
import { createRequestLog } from './request-log.ts';
import { parseStatistics } from './varnish-statistics.ts';
import { replicasVcl } from './varnish-server.ts';
import type { EdgeRequest } from './edge-events.ts';

/** As Varnish writes an answer. */
const answer = (status: number, text: string): string =>
  `${status} ${String(Buffer.byteLength(text)).padEnd(8)}\n${text}\n`;

/** A Varnish that greets, and answers each question with the next of these. */
function startCli(answers: readonly string[]) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const left = [...answers];
  let asked = '';
  const write = (text: string): void => {
    for (const piece of text.match(/.{1,5}/gs) ?? []) output.write(piece);
  };
  input.on('data', (chunk: Buffer) => {
    asked += chunk.toString();
    write(left.shift() ?? '');
  });
  write(answer(200, 'greeting\nof lines'));
  return { cli: createVarnishCli(input, output), output, asked: () => asked };
}

test('answers come to their questions, in whatever pieces they arrive', async () => {
  const { cli, asked } = startCli([answer(200, 'first – ü'), answer(200, '')]);
  assert.deepEqual([await cli.ask('one'), await cli.ask('two')], ['first – ü', '']);
  assert.equal(asked(), 'one\ntwo\n');
});

test('what Varnish refuses is told in its words, and nobody waits for one that has ended', async () => {
  const { cli, output } = startCli([answer(106, 'Running VCC-compiler failed')]);
  await assert.rejects(cli.ask('vcl.load x'), { code: 'EDGE_FAILED', message: /VCC-compiler failed/ });
  const pending = cli.ask('start');
  output.destroy();
  await assert.rejects(pending, { code: 'EDGE_FAILED' });
  await assert.rejects(cli.ask('again'), { code: 'EDGE_FAILED' });
});

test('the log is read line by line, and what is no request is none', async () => {
  const seen: EdgeRequest[] = [];
  const purged: number[] = [];
  const log = createRequestLog({
    answered: (request) => void seen.push(request),
    purged: (objects) => void purged.push(objects),
    outdated: () => assert.fail('nothing was shown'),
  });
  const isRead = log.untilMark('0-1');
  log.take('image hit\tGET\t200\t30000\t120\t-\nphoto pass\tPUT\t2');
  log.take(
    '04\t-\t900\t3\nhealth none\tGET\t200\t17\t20\t-\n-\t-\t400\t-\t-\t-\nmark 0-1\tGET\t200\t17\t20\t-\nimage hit',
  );
  await isRead;
  assert.deepEqual(seen, [
    { class: 'image', outcome: 'hit', method: 'GET', status: 200, bytes: 30_000, durationUs: 120 },
    { class: 'photo', outcome: 'pass', method: 'PUT', status: 204, bytes: 0, durationUs: 900 },
  ]);
  assert.deepEqual(purged, [3]);
});

test('a page that lacks what a line before it has acknowledged is told, and for how long', () => {
  const outdated: [string, number][] = [];
  const log = createRequestLog({
    answered: () => {},
    purged: () => {},
    outdated: (outcome, forMs) => void outdated.push([outcome, Math.round(forMs)]),
  });
  const line = (what: string, shown: string, wrote: string) =>
    log.take(`photo ${what}\tGET\t200\t10\t20\t-\t${shown}\t${wrote}\n`);
  line('pass', '-', '100.500 photo-7=12 comments-7=3');
  line('hit', '100.600 photo-7=11', '-');
  line('hit', '100.400 photo-7=11', '-');
  line('miss', '100.600 photo-7=12', '-');
  line('stale', '100.700 comments-7=2', '-');
  line('pass', '-', '101.000 photo-7=gone comments-7=gone');
  line('miss', '102.000 photo-7=12', '-');
  line('miss', '102.000 photo-8=1', 'x photo-8 photo-8=');
  assert.deepEqual(outdated, [
    ['hit', 100],
    ['stale', 200],
    ['miss', 1_000],
  ]);
});

test('statistics are read in the form of each version, and one that lacks something is refused', () => {
  const counters = Object.fromEntries(
    ['MAIN.s_bgfetch', 'MAIN.n_lru_nuked', 'MAIN.n_object', 'SMA.s0.g_bytes'].map((name, index) => [
      name,
      { flag: 'c', value: index + 1 },
    ]),
  );
  const expected = { refreshes: 1, evictions: 2, objects: 3, memoryBytes: 4 };
  assert.deepEqual(parseStatistics(JSON.stringify({ version: 1, counters })), expected);
  assert.deepEqual(parseStatistics(JSON.stringify(counters)), expected);
  assert.throws(() => parseStatistics('{"counters":{}}'), { code: 'EDGE_FAILED' });
});

test('the configuration names the replicas, of either family of addresses, or nobody', () => {
  const text = replicasVcl(['http://127.0.0.1:4000', 'http://[::1]:4001']);
  assert.match(text, /backend replica1 \{ \.host = "127\.0\.0\.1"; \.port = "4000"; \}/);
  assert.match(text, /backend replica2 \{ \.host = "::1"; \.port = "4001"; \}/);
  assert.equal(text.match(/add_backend/g)?.length, 2);
  assert.match(replicasVcl([]), /backend replica0 none;/);
});
