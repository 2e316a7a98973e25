/** The photos that the load uploads, and whose digests the seeded rows carry. Width and height in pixels. */
export const samplePhotos = [
  {
    file: 'sample-1.jpg',
    digest: 'e3f1b4012fe2e0cdba49911b14bbe522d462897b34d1cc37f50e81fe99ad8b09',
    widthPx: 640,
    heightPx: 480,
  },
  {
    file: 'sample-2.jpg',
    digest: '92b1b8491cf78560baa9d247834085d7b333abd75f43381c4124b7a613a73e93',
    widthPx: 640,
    heightPx: 640,
  },
  {
    file: 'sample-3.jpg',
    digest: 'bc49c22f08cfcb54eff75b976c714d83003edaced50bc486fc2835a01f49c44c',
    widthPx: 480,
    heightPx: 640,
  },
  {
    file: 'sample-4.jpg',
    digest: '000cc73d0ab1e4bf108fd4adf12a32804acceebce1a3f88733a6f86b4c1d15c1',
    widthPx: 800,
    heightPx: 450,
  },
] as const;

/** What a seeded photo shows, by its id. */
export function sampleOf(photoId: number): (typeof samplePhotos)[number] {
  return samplePhotos[(photoId - 1) % samplePhotos.length] as (typeof samplePhotos)[number];
}
