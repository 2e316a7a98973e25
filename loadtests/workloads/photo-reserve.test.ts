import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reservedPhotoOf, reserveSizeOf } from './photo-reserve.ts';

/** What deletions take until the reserve has ended, pass by pass. */
function takenOf(photos: number): number[] {
  const taken: number[] = [];
  for (let pass = 0; ; pass += 1) {
    for (let deletion = 0; ; deletion += 1) {
      const id = reservedPhotoOf(photos, pass, deletion);
      if (id !== null) taken.push(id);
      else if (deletion === 0) return taken;
      else break;
    }
  }
}

test('no two deletions take the same photo, and together they take the whole reserve, behind all other photos', () => {
  for (const photos of [20, 300, 5_000, 20_000, 1_000_000]) {
    const taken = takenOf(photos).toSorted((a, b) => a - b);
    assert.deepEqual(
      taken,
      Array.from({ length: reserveSizeOf(photos) }, (_, index) => photos + 1 + index),
      `${photos} photos`,
    );
  }
});

test('one long pass has as many deletions as there may be passes with one', () => {
  const last = (found: (number: number) => number | null): number => {
    let number = 0;
    while (found(number) !== null) number += 1;
    return number;
  };
  for (const photos of [5_000, 20_000]) {
    const [passes, deletions] = [
      last((pass) => reservedPhotoOf(photos, pass, 0)),
      last((deletion) => reservedPhotoOf(photos, 0, deletion)),
    ];
    assert.equal(passes, deletions);
    assert.equal(passes, photos === 5_000 ? 200 : 500);
  }
});

test('what is beyond the reserve finds nothing, however far', () => {
  assert.equal(reservedPhotoOf(5_000, 1_000_002, 0), null);
  assert.equal(reservedPhotoOf(5_000, 0, 1_000_000), null);
});
