import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DarkroomError } from '../errors.ts';
import { decodeCursor, listStart, toPage } from './cursor.ts';
import type { Position } from './cursor.ts';

/** The cursor behind this place, as a page gives it out. */
const encodeCursor = ({ createdAtUs, id }: Position): string =>
  String(
    toPage(
      [
        { id, created_at_us: createdAtUs },
        { id: 0, created_at_us: '0' },
      ],
      1,
    ).nextCursor,
  );

const isRefusal = (error: unknown) => error instanceof DarkroomError && error.code === 'INVALID_CURSOR';

describe('a cursor', () => {
  it('comes back as it was', () => {
    const position = fc.record(
      {
        createdAtUs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).map(String),
        id: fc.integer({ min: 0, max: 2_147_483_647 }),
      },
      { noNullPrototype: true },
    );
    fc.assert(fc.property(position, (place) => assert.deepEqual(decodeCursor(encodeCursor(place)), place)));
    assert.deepEqual(decodeCursor(encodeCursor(listStart)), listStart);
  });

  it('that was not given out is refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          assert.equal(encodeCursor(decodeCursor(text)), text);
        } catch (error) {
          assert.ok(isRefusal(error), String(error));
        }
      }),
    );
    const plain = [
      '',
      '1',
      '1.',
      '.1',
      '-1.1',
      '1.-1',
      '1.1.1',
      '1e3.1',
      ' 1.1',
      '1.2147483648',
      '12345678901234567.1',
    ];
    for (const text of plain)
      assert.throws(() => decodeCursor(Buffer.from(text).toString('base64url')), isRefusal, text);
  });

  it('is refused with anything added to it', () => {
    const good = encodeCursor({ createdAtUs: '1767225600000000', id: 7 });
    for (const text of [`${good}=`, `${good} `, `!${good}`, `${good}\n`, good.toUpperCase()])
      assert.throws(() => decodeCursor(text), isRefusal, text);
  });
});

describe('a page', () => {
  const row = (id: number) => ({ id, created_at_us: String(1_000 + id) });

  it('is followed by another one only when there are more rows than it takes', () => {
    assert.deepEqual(toPage([], 2), { page: [], nextCursor: null });
    assert.deepEqual(toPage([row(3), row(2)], 2), { page: [row(3), row(2)], nextCursor: null });
    const { page, nextCursor } = toPage([row(3), row(2), row(1)], 2);
    assert.deepEqual(page, [row(3), row(2)]);
    assert.deepEqual(decodeCursor(String(nextCursor)), { createdAtUs: '1002', id: 2 });
  });
});
