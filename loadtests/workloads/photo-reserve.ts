import { reservedPlace, reserveSize } from './reserve.ts';

/**
 * Photos that are there to be deleted: beside a delete, the load neither reads nor writes them by their id, so that nobody asks for
 * one that is gone. They follow the others by id, and are older than all.
 */
const photosPerSpan = 25;
const spanMax = 500;

function spanOf(photos: number): number {
  return Math.min(spanMax, Math.max(1, Math.floor(photos / photosPerSpan)));
}

/** How many photos the reserve of a population holds: a fifth of all, or less where there are many. */
export function reserveSizeOf(photos: number): number {
  return reserveSize(spanOf(photos));
}

/** The id of the photo that a deletion takes, by its number in its pass, counted from 0; null: the reserve has ended. */
export function reservedPhotoOf(photos: number, pass: number, deletion: number): number | null {
  const place = reservedPlace(spanOf(photos), pass, deletion);
  return place === null ? null : photos + 1 + place;
}
