import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchLimit } from './leader-limit.ts';

for (const limit of [75, 137, 400, 1_100])
  test(`a limit of ${limit} requests a second is found to a tenth`, async () => {
    const tried: number[] = [];
    const { carried, notCarried } = await searchLimit((rate) => {
      tried.push(rate);
      return Promise.resolve(rate <= limit);
    });
    assert.ok(carried !== null && notCarried !== null);
    assert.ok(
      carried <= limit && limit < notCarried && notCarried <= carried * 1.1,
      `${carried}, ${notCarried}`,
    );
    assert.equal(new Set(tried).size, tried.length);
  });

test('who carries all that is tried has no limit here, and who does not carry the first rate none either', async () => {
  const { carried, notCarried } = await searchLimit(() => Promise.resolve(true));
  assert.ok(carried !== null && carried > 1_000);
  assert.equal(notCarried, null);
  assert.deepEqual(await searchLimit(() => Promise.resolve(false)), { carried: null, notCarried: 60 });
});
