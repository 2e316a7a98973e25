import type { Photo } from '../../app/photos/photo-store.ts';
import { drawsOf, uint32At } from '../../loadtests/workloads/counter-random.ts';
import { createZipf } from '../../loadtests/workloads/zipf.ts';

/** What every contestant caches: a photo as a feed shows it, about 1 kB of JSON. Ids begin at 1. */
export function makePhoto(id: number): Photo {
  const text = (about: string, length: number) => `${about} ${id} `.repeat(length).slice(0, length);
  return {
    id,
    ownerId: (id % 997) + 1,
    ownerName: text('photographer', 18),
    caption: text('evening light over the harbour, seen from', 220),
    digest: uint32At(id, 0, 0, 0).toString(16).padStart(8, '0').repeat(8),
    widthPx: 1_080,
    heightPx: 1_350,
    likeCount: id % 5_000,
    commentCount: id % 200,
    createdAt: '2026-03-01T12:00:00.000Z',
    newestComments: [7, 8].map((part) => ({
      commenterUserId: ((id * part) % 997) + 1,
      commenterName: text('visitor', 16),
      comment: text('what a place, thank you for showing it', 160),
    })),
  };
}

/** The ids 1 to `count`. */
export function allIds(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index + 1);
}

/** Keys of the ids up to `count`, each made once: what a contestant does with its keys is its own time, making them is not. */
export function makeKeys(count: number): (id: number) => string {
  const keys = Array.from({ length: count + 1 }, (_, id) => `photo:${id}`);
  return (id) => keys[id] ?? `photo:${id}`;
}

/** As many draws as fit into a mask; a loop that runs longer begins again. */
export const drawsCount = 2 ** 17;

/** Ids drawn with probability proportional to rank^-alpha; rank and id are the same. */
export function drawZipfIds(keys: number, alpha: number, seed: number): Uint32Array {
  const zipf = createZipf(keys, alpha);
  return Uint32Array.from({ length: drawsCount }, (_, index) => zipf(drawsOf(seed, 0, 1, index)));
}

/** Ids of which each is as likely as the others. */
export function drawUniformIds(keys: number, seed: number): Uint32Array {
  return Uint32Array.from({ length: drawsCount }, (_, index) => (uint32At(seed, 0, 2, index) % keys) + 1);
}
