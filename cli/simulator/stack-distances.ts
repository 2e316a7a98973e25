import { createPositionHeap } from './newest-position.ts';
import { createStackPositions } from './stack-positions.ts';

/**
 * LRU at every size at once (Mattson, Gecsei, Slutz and Traiger, Evaluation techniques for storage hierarchies, 1970): LRU keeps what
 * was used last, as far as there is room, so that a read hits exactly where there is room for all that was used since its object
 * was, and for the object. That sum of bytes is its distance. Objects lie in the order of their last use at numbered positions; a
 * Fenwick tree (1994) sums the bytes between two of them in steps that are logarithmic in their number.
 *
 * What is taken out leaves a hole. A smaller cache than its depth has not heard of it. In a larger one the next object that comes in
 * takes its room, and nothing has to go: so what comes to the top fills the hole that is nearest to the top, and where it had been
 * lying deeper itself, the hole is there from now on. With objects of one size that is exact, too.
 */
export type StackDistances = {
  /** Bytes that have to fit for this read to hit; infinite where the object was not there. Moves it to the top. */
  read(object: number, bytes: number): number;
  remove(object: number): void;
  /** Bytes of all that was ever read and has not been taken out. */
  bytes(): number;
};

export function createStackDistances(): StackDistances {
  const holes = createPositionHeap();
  const stack = createStackPositions(holes.renumber);
  let bytesInHoles = 0;

  /** Takes up to so many bytes of the holes above a position, and says how many. */
  const fillHoles = (above: number, bytes: number): number => {
    let filled = 0;
    for (let hole = holes.highest(); hole > above && filled < bytes; hole = holes.highest()) {
      const room = stack.bytesAt(hole);
      const taken = Math.min(room, bytes - filled);
      stack.change(hole, -taken);
      filled += taken;
      if (taken === room) holes.pop();
    }
    bytesInHoles -= filled;
    return filled;
  };
  /** What an object has left behind becomes a hole. */
  const dig = (position: number): void => {
    stack.leave(position);
    const bytes = stack.bytesAt(position);
    if (bytes === 0) return;
    bytesInHoles += bytes;
    holes.push(position);
  };
  return {
    read(object, bytes) {
      const position = stack.positionOf(object);
      const distance = position < 0 ? Number.POSITIVE_INFINITY : stack.bytesFrom(position);
      const filled = fillHoles(position, bytes);
      if (position >= 0) {
        const held = stack.bytesAt(position);
        stack.change(position, Math.min(held, filled) - held);
        dig(position);
      }
      stack.putOnTop(object, bytes);
      return distance;
    },
    remove(object) {
      const position = stack.positionOf(object);
      if (position >= 0) dig(position);
    },
    bytes: () => stack.bytesInAll() - bytesInHoles,
  };
}
