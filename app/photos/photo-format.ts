import { DarkroomError } from '../errors.ts';

/** The formats that a photo may have. */
export type PhotoFormat = 'jpeg' | 'png' | 'webp' | 'avif';

/** How photos are spoken of. */
export const formatNames: Readonly<Record<PhotoFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
};

type Mark = { readonly at: number; readonly mark: string };

const takenMarks: readonly (Mark & { readonly format: PhotoFormat })[] = [
  { format: 'jpeg', at: 0, mark: '\u00ff\u00d8\u00ff' },
  { format: 'png', at: 0, mark: '\u0089PNG\r\n\u001a\n' },
  { format: 'webp', at: 8, mark: 'WEBP' },
];

/** How other formats begin that are often sent instead. An iPhone's HEIC is HEVC, which no free decoder comes along for. */
const refusedMarks: readonly (Mark & { readonly name: string })[] = [
  { name: 'a GIF', at: 0, mark: 'GIF8' },
  { name: 'a TIFF', at: 0, mark: 'II*\u0000' },
  { name: 'a TIFF', at: 0, mark: 'MM\u0000*' },
  { name: 'a BMP', at: 0, mark: 'BM' },
  { name: 'an SVG', at: 0, mark: '<svg' },
  { name: 'a JPEG XL', at: 0, mark: '\u00ff\u000a' },
  { name: 'a JPEG XL', at: 4, mark: 'JXL ' },
  { name: 'a JPEG 2000', at: 4, mark: 'jP  ' },
];

/** The brands of the HEIF family (ISO/IEC 23008-12) that other coders than AV1 have, and those of sequences. */
const refusedBrands: readonly (readonly [RegExp, string])[] = [
  [/^(hei|hev)/, 'a HEIC'],
  [/^(avis|msf1)$/, 'a sequence of images'],
  [/^mif1$/, 'a HEIF without AV1'],
];
const brandsMax = 16;

/** What a file of the HEIF family says to be, its own brand first; none for any other. */
function brandsOf(upload: Buffer): string[] {
  if (upload.toString('latin1', 4, 8) !== 'ftyp') return [];
  const end = Math.min(upload.readUInt32BE(0), upload.length);
  const [own = '', , ...compatible] = Array.from({ length: brandsMax }, (_, index) =>
    upload.toString('latin1', 8 + 4 * index, Math.min(12 + 4 * index, end)),
  );
  return [own, ...compatible].filter((brand) => brand.length === 4);
}

function otherFormatOf(brands: readonly string[], begins: (mark: Mark) => boolean): string | undefined {
  const [own = ''] = brands;
  return (
    refusedBrands.find(([brand]) => brand.test(own))?.[1] ?? refusedMarks.find((mark) => begins(mark))?.name
  );
}

/**
 * What an upload is, by its first bytes: nothing else of it is believed. Throws NOT_A_JPEG, which keeps the name it had when only
 * JPEGs were taken, for what is no photo of these formats, and says what it is instead.
 */
export function photoFormatOf(upload: Buffer): PhotoFormat {
  const begin = upload.toString('latin1', 0, 16);
  const begins = ({ at, mark }: Mark) => begin.startsWith(mark, at);
  const taken = takenMarks.find(begins);
  if (taken !== undefined && (taken.format !== 'webp' || begin.startsWith('RIFF'))) return taken.format;
  const brands = brandsOf(upload);
  if (brands[0] === 'avif' || (brands[0] === 'mif1' && brands.includes('avif'))) return 'avif';
  const other = otherFormatOf(brands, begins);
  const found = other === undefined ? '' : ` This is ${other}, which is not taken.`;
  const names = Object.values(formatNames).join(', ');
  throw new DarkroomError('NOT_A_JPEG', `Send a photo (${names}) as the part "file".${found}`);
}
