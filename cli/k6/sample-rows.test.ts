import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../errors.ts';
import { createRowReader } from './sample-rows.ts';
import type { SampleRow } from './sample-rows.ts';

const header =
  'metric_name,timestamp,metric_value,error_code,expected_response,name,scenario,status,extra_tags,metadata\n';

function read(chunks: Iterable<string>): SampleRow[] {
  const rows: SampleRow[] = [];
  const reader = createRowReader((row) => rows.push(row));
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return rows;
}

test('rows are read by the names of their columns, in whatever pieces they come', () => {
  const text =
    `${header}http_req_duration,1795444562168372,3.883999,,true,/photos/:photoId,load,404,operation=photoPage&phase=run,i=17\n` +
    'dropped_iterations,1795444562168372,3,,,,,,,\n';
  const expected = [
    {
      metric: 'http_req_duration',
      timestampUs: 1795444562168372,
      value: 3.883999,
      index: 17,
      operation: 'photoPage',
      isExpected: true,
      status: 404,
      errorCode: 0,
      attempt: 1,
    },
    {
      metric: 'dropped_iterations',
      timestampUs: 1795444562168372,
      value: 3,
      index: null,
      operation: null,
      isExpected: false,
      status: 0,
      errorCode: 0,
      attempt: 1,
    },
  ];
  assert.deepEqual(read(text), expected, 'character by character');
  assert.deepEqual(read([text]), expected);
  assert.deepEqual(read([text.slice(0, -1)]), expected, 'the last line without its end');
});

test('a request without an answer has the status 0, and says why', () => {
  const [row] = read([
    `${header}http_req_duration,1,5000,1050,false,/photos/:photoId,load,0,phase=run,i=3\n`,
  ]);
  assert.deepEqual([row?.status, row?.isExpected, row?.index, row?.errorCode], [0, false, 3, 1050]);
});

test('the index is found among other metadata', () => {
  const [first, second, none] = read([
    `${header}${['trace_id=5&i=12', 'i=13&trace_id=5', 'hi=14'].map((metadata) => `http_req_duration,1,1,,,,,,,${metadata}\n`).join('')}`,
  ]);
  assert.deepEqual([first?.index, second?.index, none?.index], [12, 13, null]);
});

test('metrics that nobody reads are left out, however their names begin', () => {
  const others = ['vus', 'http_reqs', 'http_req_duration_of_others', 'http_req_waiting', 'iterations'];
  const rows = read([
    header,
    ...others.map((metric) => `${metric},1,1,,,,,,,i=1\n`),
    'http_req_connecting,1,1,,,,,,,i=1\n',
  ]);
  assert.deepEqual(
    rows.map(({ metric }) => metric),
    ['http_req_connecting'],
  );
});

test('an unknown format of k6 is an error, not a run without samples', () => {
  const swapped = header.replace('metric_name,timestamp', 'timestamp,metric_name');
  for (const unknown of ['a,b,c\n1,2,3\n', header.replace(',status', ''), swapped])
    assert.throws(
      () => read([unknown]),
      (error) => error instanceof CommandError && /unknown columns/.test(error.message),
      unknown,
    );
});

test('the second attempt of a request is told from the first', () => {
  const rows = read(
    ['i=12', 'attempt=2&i=12', 'i=12&attempt=2'].map(
      (metadata, index) => `${index === 0 ? header : ''}http_req_duration,1,1,,,,,,,${metadata}\n`,
    ),
  );
  assert.deepEqual(
    rows.map(({ index, attempt }) => [index, attempt]),
    [
      [12, 1],
      [12, 2],
      [12, 2],
    ],
  );
});
