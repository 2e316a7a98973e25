/** The longest sides of the pictures that are made of each photo, in pixels, the smallest first. None is enlarged. */
export const renditionEdges = [150, 320, 640, 1080] as const;
export type RenditionEdge = (typeof renditionEdges)[number];

/** What a rendition is encoded as: webp for clients that accept it, jpeg for all others. */
export const renditionFormats = ['jpeg', 'webp'] as const;
export type RenditionFormat = (typeof renditionFormats)[number];

/** The rendition under whose digest all of a photo are kept: `/media/{digest}` answers it, as a JPEG. */
export const wholeEdge = 1080;

/** The name under which a rendition is stored: the whole JPEG lies under its own digest, all others follow from that. */
export function blobNameOf(digest: string, edge: RenditionEdge, format: RenditionFormat): string {
  return edge === wholeEdge && format === 'jpeg' ? digest : `${digest}.${edge}.${format}`;
}

/** The names of all renditions of a photo. */
export function blobNamesOf(digest: string): readonly string[] {
  return renditionEdges.flatMap((edge) => renditionFormats.map((format) => blobNameOf(digest, edge, format)));
}

/** Where the whole of a photo is read. */
export function mediaUrlOf(digest: string): string {
  return `/media/${digest}`;
}
