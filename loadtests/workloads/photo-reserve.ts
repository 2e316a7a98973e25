/**
 * Photos that are there to be deleted: beside a delete, the load neither reads nor writes them by their id, so that nobody asks for
 * one that is gone. They follow the others by id, and are older than all.
 *
 * Which of them a deletion takes follows from its pass and its number in the pass, so that it needs no memory of the ones before:
 * the reserve has room for `span` / (pass + 1) deletions in each pass. So one pass may have `span`, or `span` passes one each, or
 * anything between. A deletion beyond that finds nothing left.
 */
const photosPerSpan = 25;
const spanMax = 500;

function spanOf(photos: number): number {
  return Math.min(spanMax, Math.max(1, Math.floor(photos / photosPerSpan)));
}

/** Passes that have room for more than `deletion` deletions. */
function passesWith(span: number, deletion: number): number {
  return Math.floor(span / (deletion + 1));
}

/** How many photos the reserve of a population holds: a fifth of all, or less where there are many. */
export function reserveSizeOf(photos: number): number {
  const span = spanOf(photos);
  let size = 0;
  for (let deletion = 0; deletion < span; deletion += 1) size += passesWith(span, deletion);
  return size;
}

/** The id of the photo that a deletion takes, by its number in its pass, counted from 0; null: the reserve has ended. */
export function reservedPhotoOf(photos: number, pass: number, deletion: number): number | null {
  const span = spanOf(photos);
  if (pass >= passesWith(span, deletion)) return null;
  let before = 0;
  for (let earlier = 0; earlier < deletion; earlier += 1) before += passesWith(span, earlier);
  return photos + before + pass + 1;
}
