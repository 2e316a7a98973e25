import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import type { Cache, CacheWrite } from '../cache/cache.ts';
import type { CountsOnTop } from '../counters/counts-on-top-service.ts';
import { DarkroomError } from '../errors.ts';
import type { PhotoService } from '../photos/photo-service.ts';
import { createLikeService } from './like-service.ts';
import type { LikeStore } from './like-store.ts';

/** The service with a cache that acknowledges each write at once, and storage that has three likes and may fail. */
function setUp(failure: { error: Error | null }, countsOnTop: CountsOnTop | null = null) {
  const clock = createFakeClock();
  let asked = 0;
  const foresee: LikeStore['foresee'] = async (_, personId) => {
    asked += 1;
    if (failure.error !== null) throw failure.error;
    return personId === 1
      ? { likeCount: 3, version: 4, isNew: false }
      : { likeCount: 4, version: 4, isNew: true };
  };
  const read = async () => ({ value: { likeCount: 3 }, version: 4, outcome: 'local-hit', freshUntil: 0 });
  const service = createLikeService({
    cache: {
      registerDeferred: () => {},
      write: <R>({ deferrable }: CacheWrite<R>) => deferrable?.answer(),
    } as unknown as Cache,
    likeStore: { foresee } as unknown as LikeStore,
    photoService: { readWithoutCounts: read, requireShown: async () => {} } as unknown as PhotoService,
    clock,
    countsOnTop,
  });
  const answerTo = async (person: number) => (await service.like(10, person)).likeCount;
  return { clock, answerTo, asked: () => asked };
}

describe('a like that waits for storage', () => {
  it('is answered from storage, and from an entry when storage does not say', async () => {
    const failure: { error: Error | null } = { error: null };
    const { answerTo } = setUp(failure);
    assert.deepEqual([await answerTo(1), await answerTo(2)], [3, 4]);
    failure.error = new RangeError('something');
    assert.deepEqual([await answerTo(2)], [4]);
  });

  it('does not wait for storage again at once when that is away', async () => {
    const failure = { error: new DarkroomError('STORAGE_UNAVAILABLE', 'away') };
    const { answerTo, asked, clock } = setUp(failure);
    for (let times = 0; times < 5; times += 1) assert.equal(await answerTo(2), 4);
    assert.equal(asked(), 1);
    clock.advance(1_000);
    await answerTo(2);
    assert.equal(asked(), 2);
  });

  it('is taken where likes are counted apart and the count cannot be had', async () => {
    const failure: { error: Error | null } = { error: null };
    let isCountAway = false;
    const { answerTo } = setUp(failure, {
      likesOf: async () => {
        if (isCountAway) throw new DarkroomError('STORAGE_UNAVAILABLE', 'away');
        return [10];
      },
    } as unknown as CountsOnTop);
    assert.equal(await answerTo(2), 14);
    failure.error = new DarkroomError('STORAGE_BUSY', 'locked');
    assert.equal(await answerTo(2), 14);
    isCountAway = true;
    assert.equal(await answerTo(2), 4);
    failure.error = null;
    assert.equal(await answerTo(2), 4);
  });

  it('asks again when storage was only busy', async () => {
    const failure = { error: new DarkroomError('STORAGE_BUSY', 'locked') };
    const { answerTo, asked } = setUp(failure);
    for (let times = 0; times < 3; times += 1) assert.equal(await answerTo(2), 4);
    assert.equal(asked(), 3);
  });

  it('of a photo that is gone is refused', async () => {
    const { answerTo } = setUp({ error: new DarkroomError('NOT_FOUND', 'gone') });
    await assert.rejects(answerTo(2), { code: 'NOT_FOUND' });
  });
});
