import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isDeeperThan } from './body-parsers.ts';

/** By way of the parsed value. */
function levelsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(levelsOf));
}

const isDeeper = (text: string, levels: number) => isDeeperThan(Buffer.from(text), levels);

describe('the levels of a JSON text', () => {
  it('are those of its value, whatever stands in its texts', () => {
    const text = fc.string({ unit: fc.constantFrom('[', '{', ']', '}', '"', '\\', 'ü', 'a') });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        text,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 3 }),
      ),
    }));
    const property = fc.property(value, (given) => {
      const levels = levelsOf(given);
      const json = JSON.stringify(given, null, 1);
      assert.equal(isDeeper(json, levels), false);
      if (levels > 0) assert.equal(isDeeper(json, levels - 1), true);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('are counted in what is no JSON too, without end', () => {
    assert.equal(isDeeper('['.repeat(60_000), 16), true);
    assert.equal(isDeeper('"'.padEnd(60_000, '['), 16), false);
    assert.equal(isDeeper('"\\', 0), false);
  });
});
