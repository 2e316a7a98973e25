import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scenarios } from './scenario-list.ts';

test('the list and the folder of scripts hold the same scenarios', () => {
  const files = readdirSync(join(import.meta.dirname, '..', 'scenarios')).filter((name) =>
    name.endsWith('.ts'),
  );
  const listed = Object.entries(scenarios).map(([name, { file }]) => {
    assert.equal(file, `loadtests/scenarios/${name}.ts`);
    return `${name}.ts`;
  });
  assert.deepEqual(listed.sort(), files.sort());
});
