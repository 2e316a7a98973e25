import fc from 'fast-check';

/**
 * Characters for `fc.string({ unit })`. The units of Unicode that fast-check has look each character up in a table of all of them, and to
 * make that takes a second in each process; these compute it.
 */
type Range = readonly [first: number, last: number];

const sizeOf = ([first, last]: Range): number => last - first + 1;

/** One of the characters of some ranges. */
function characterIn(ranges: readonly Range[]): fc.Arbitrary<string> {
  const count = ranges.reduce((sum, range) => sum + sizeOf(range), 0);
  const at = (index: number): string => {
    let left = index;
    for (const range of ranges) {
      if (left < sizeOf(range)) return String.fromCodePoint(range[0] + left);
      left -= sizeOf(range);
    }
    throw new RangeError(`there is no character ${index} of ${count}`);
  };
  const indexOf = (value: unknown): number => {
    const [character, ...others] = typeof value === 'string' ? value : [];
    const code = others.length === 0 ? (character?.codePointAt(0) ?? -1) : -1;
    let before = 0;
    for (const range of ranges) {
      if (code >= range[0] && code <= range[1]) return before + code - range[0];
      before += sizeOf(range);
    }
    throw new RangeError('this is none of the characters');
  };
  return fc.nat(count - 1).map(at, indexOf);
}

/** All but halves of surrogate pairs, which are no characters. */
export const anyCharacter = characterIn([
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
]);

/** What is no control character, alone or as part of what is read as one. */
export const writtenCharacter = fc.oneof(
  {
    weight: 9,
    arbitrary: characterIn([
      [0x20, 0x7e],
      [0xa0, 0xd7ff],
      [0xe000, 0x10ffff],
    ]),
  },
  { weight: 1, arbitrary: fc.constantFrom('e\u0301', 'क्षि', '👩‍👩‍👧', '🏳️‍🌈', '👍🏽', '각') },
);
