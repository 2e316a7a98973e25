const kibibyte = 1024;

/** Of what all entries together take, the smallest size that is asked about. */
const smallestShare = 1 / 512;

/** A pebibyte. */
const mostBytes = 2 ** 50;

/** Every size that `sizesFor` could name: asked about where it is not known yet how much all entries take. */
export function possibleSizes(): readonly number[] {
  const sizes: number[] = [];
  for (let bytes = kibibyte; bytes <= mostBytes; bytes *= 2) sizes.push(bytes, bytes * 1.5);
  return sizes;
}

/**
 * Sizes from a small part of all entries up to what holds them all, two to a doubling, round as people write them: 64, 96, 128, 192
 * MiB.
 */
export function sizesFor(footprintBytes: number): readonly number[] {
  const least = Math.max(kibibyte, footprintBytes * smallestShare);
  const sizes: number[] = [];
  for (let bytes = 2 ** Math.floor(Math.log2(least)); ; bytes *= 2) {
    sizes.push(bytes);
    if (bytes >= footprintBytes) return sizes;
    sizes.push(bytes * 1.5);
    if (bytes * 1.5 >= footprintBytes) return sizes;
  }
}
