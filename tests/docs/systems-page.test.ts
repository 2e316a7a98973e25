import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { findRowTests } from './row-tests.ts';
import { claims, publishedSystems, unproven } from './system-rows.ts';
import { composeSystemsPage, readRowTests, systemsFile } from './systems-page.ts';

const tests = readRowTests();
const proven = new Set(tests.map(({ id }) => id));

describe('docs/systems.md', () => {
  it('is what the names of the tests give', () => {
    assert.equal(readFileSync(systemsFile, 'utf8'), composeSystemsPage(tests), 'run: npm run docs');
  });

  it('has a test for every row, and a row for every test', () => {
    const without = Object.keys(claims).filter((id) => !proven.has(id));
    assert.deepEqual(
      without,
      unproven,
      'rows without a test; take an id out of `unproven` in tests/docs/system-rows.ts once its test is there',
    );
    const unknown = tests.filter(({ id }) => !Object.hasOwn(claims, id));
    assert.deepEqual(unknown, [], 'these tests begin with the id of no row of tests/docs/system-rows.ts');
    for (const id of Object.keys(claims))
      assert.ok(
        publishedSystems.some(({ prefix }) => id.startsWith(`${prefix}-`)),
        `${id} is of no system`,
      );
  });
});

describe('the tests of a row', () => {
  const found = (text: string, path = 'app/a.test.ts') =>
    findRowTests([{ path, text }]).map(({ id, says }) => `${id} ${says}`);

  it('are those whose names begin with its id', () => {
    assert.deepEqual(found("test('DI-3: costs nothing', () => {}); it('not DI-3: this', () => {});"), [
      'DI-3 costs nothing',
    ]);
    assert.deepEqual(found('for (const x of [1]) it(`DI-3: with ${x} of them`, () => {});'), [
      'DI-3 with … of them',
    ]);
    assert.deepEqual(found("describe('DI-12: all of it', () => {});"), ['DI-12 all of it']);
  });

  it('are no skipped ones, no comments and nothing outside of test files', () => {
    assert.deepEqual(found("test.skip('DI-3: later', () => {}); // test('DI-3: never', () => {});"), []);
    assert.deepEqual(found("const row = ['DI-3: a text'];"), []);
    assert.deepEqual(found("test('DI-3: costs nothing', () => {});", 'app/a.ts'), []);
  });
});
