/** Longest sides of pictures in pixels, and how many of a hundred requests for a picture ask for each. */
const shares = [
  [150, 45],
  [320, 30],
  [640, 20],
  [1080, 5],
] as const;

/** The rendition at `u` in [0, 1). */
export function renditionAt(u: number): number {
  let left = u * 100;
  for (const [edge, share] of shares) {
    left -= share;
    if (left < 0) return edge;
  }
  return 150;
}
