import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { readJsonFile } from './json-file.ts';

const { context, remove } = createTestStack();
after(remove);

test('a file is read when it has the form, and passed over when it is not there, not whole or of another form', () => {
  const file = join(context.paths.data, 'thing.json');
  const form = { type: 'object', required: ['pid'], properties: { pid: { type: 'integer' } } } as const;
  assert.equal(readJsonFile(file, form), null);
  for (const text of ['', '{"pid":', 'null', '[]', '{"pid":"7"}', '{"pid":7.5}']) {
    writeFileSync(file, text);
    assert.equal(readJsonFile(file, form), null, text);
  }
  writeFileSync(file, '{"pid":7,"more":true}');
  assert.equal(readJsonFile(file, form)?.pid, 7);
});
