/**
 * Random numbers without state: each is a function of what it is for. So the schedule of a driver cannot change what is
 * asked, and k6 and Node agree. The mixing is MurmurHash3's finaliser (32 bits, https://github.com/aappleby/smhasher).
 */
function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A whole number from 0 to 2^32 - 1, decided by all its arguments. */
export function uint32At(seed: number, pass: number, stream: number, index: number, draw = 0): number {
  let h = mix(seed ^ 0x9e3779b9);
  h = mix(h ^ Math.imul(pass + 1, 0x7feb352d));
  h = mix(h ^ Math.imul(stream + 1, 0x846ca68b));
  h = mix(h ^ Math.imul(index + 1, 0x2c1b3c6d));
  h = mix(h ^ Math.imul(draw + 1, 0x297a2d39));
  return h >>> 0;
}

/** A number in [0, 1), decided by all its arguments. */
export function randomAt(seed: number, pass: number, stream: number, index: number, draw = 0): number {
  return uint32At(seed, pass, stream, index, draw) / 0x1_0000_0000;
}

/** The numbers of one thing that is drawn: the same `draw` is the same number. */
export type Draws = (draw: number) => number;

export function drawsOf(seed: number, pass: number, stream: number, index: number): Draws {
  return (draw) => randomAt(seed, pass, stream, index, draw);
}

/** What numbers are drawn for. Every use has a stream of its own, so that adding one changes no other. */
export const streams = {
  operation: 0,
  viewer: 1,
  photo: 2,
  person: 3,
  text: 4,
  displacement: 5,
  followerShare: 10,
  outDegree: 11,
  followed: 12,
  reciprocated: 13,
  owner: 14,
  age: 15,
  photoRank: 16,
  likes: 17,
  comments: 18,
  names: 19,
  order: 20,
  witness: 21,
  worlds: 22,
  starts: 23,
  celebrities: 24,
  deletions: 25,
  spikes: 26,
  spikeTakes: 30,
  counter: 40,
  delta: 41,
  retries: 42,
  crawledPhotos: 27,
  crawledPeople: 29,
  images: 28,
  accounts: 31,
  endingSessions: 32,
  logOuts: 33,
  visits: 34,
  metadata: 35,
  earlierViews: 36,
  feedMoves: 37,
  screens: 38,
  loggedOut: 39,
  reloads: 43,
  trace: 99,
} as const;
