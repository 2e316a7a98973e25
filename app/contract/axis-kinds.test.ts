import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { choice, choiceOf, duration, durationOrOff, number, size, wholeNumber } from './axis-kinds.ts';
import type { AxisKind } from './axis.ts';

type Case = {
  readonly name: string;
  /** What is done with a text: null where it is refused, else how the value is written again. */
  readonly again: (text: string) => string | null;
  readonly good: Readonly<Record<string, string>>;
  readonly bad: readonly string[];
};

function again<V extends string | number>(kind: AxisKind<V>) {
  return (text: string): string | null => {
    const value = kind.parse(text);
    return value === null ? null : kind.format(value);
  };
}

const everywhereBad = ['', ' ', 'constructor', '__proto__', 'NaN', 'Infinity', '1e3', '-1', '+1', '1,5', '٣'];

const cases: readonly Case[] = [
  { name: 'choice', again: again(choice(['one', 'two'])), good: { one: 'one' }, bad: ['One', 'one ', '1'] },
  { name: 'choiceOf', again: again(choiceOf({ one: 1, two: 2 })), good: { two: 'two' }, bad: ['toString'] },
  {
    name: 'duration',
    again: again(duration),
    good: { '5s': '5s', '5000ms': '5s', '0.5s': '500ms', '90s': '90s', '60m': '1h', '24h': '24h' },
    bad: ['5', '0s', '0.5ms', '25h', '5S', '5 s', 's', '5d', 'off', '5constructor'],
  },
  { name: 'durationOrOff', again: again(durationOrOff), good: { off: 'off', '1m': '1m' }, bad: ['0s', 'no'] },
  {
    name: 'size',
    again: again(size(1024, '1MiB')),
    good: { '1KiB': '1KiB', '1024KiB': '1MiB', '1.5MiB': '1536KiB', '4GiB': '4GiB' },
    bad: ['1', '0.5KiB', '1.0001KiB', '5GiB', '1MB', '1mib'],
  },
  {
    name: 'number',
    again: again(number(0, 0.5)),
    good: { '0': '0', '.5': '0.5', '0.10': '0.1' },
    bad: ['0.6', '0.5.', '0x0', '.'],
  },
  {
    name: 'wholeNumber',
    again: again(wholeNumber(1, 64)),
    good: { '1': '1', '064': '64' },
    bad: ['0', '65', '1.5', '1.'],
  },
];

for (const { name, again: rewritten, good, bad } of cases) {
  describe(name, () => {
    for (const [text, expected] of Object.entries(good))
      test(`takes ${text}`, () => assert.equal(rewritten(text), expected));
    for (const text of [...bad, ...everywhereBad])
      test(`refuses ${JSON.stringify(text)}`, () => assert.equal(rewritten(text), null));
  });
}
