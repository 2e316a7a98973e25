/** Where a stored image is read. */
export function mediaUrlOf(digest: string): string {
  return `/media/${digest}`;
}
