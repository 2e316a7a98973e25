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
    'vus,1795444562168372,3,,,,,,,\n';
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
    },
    {
      metric: 'vus',
      timestampUs: 1795444562168372,
      value: 3,
      index: null,
      operation: null,
      isExpected: false,
      status: 0,
      errorCode: 0,
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
    `${header}a,1,1,,,,,,,trace_id=5&i=12\na,1,1,,,,,,,i=13&trace_id=5\na,1,1,,,,,,,hi=14\n`,
  ]);
  assert.deepEqual([first?.index, second?.index, none?.index], [12, 13, null]);
});

test('an unknown format of k6 is an error, not a run without samples', () => {
  for (const unknown of ['a,b,c\n1,2,3\n', header.replace(',status', '')])
    assert.throws(
      () => read([unknown]),
      (error) => error instanceof CommandError && /unknown columns/.test(error.message),
      unknown,
    );
});
