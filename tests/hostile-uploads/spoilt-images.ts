import type { BaseImages } from './base-images.ts';
import {
  animatedPng,
  exifSegment,
  jpegSegment,
  pngChunk,
  withChunks,
  withSegments,
} from './chunked-images.ts';
import type { Draws } from './seeded-draws.ts';

/** A file that somebody might send in the place of a photo. */
export type HostileFile = { readonly name: string; readonly make: () => Buffer | Promise<Buffer> };
export type Family = (images: BaseImages, draws: Draws) => readonly HostileFile[];

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const eachTaken = ({ taken }: BaseImages) => Object.entries(taken);
const file = (name: string, bytes: Buffer): HostileFile => ({ name, make: () => bytes });
const text = (value: string): Buffer => Buffer.from(value, 'latin1');

const truncated: Family = (images, draws) =>
  eachTaken(images).flatMap(([kind, bytes]) =>
    times(9, () => draws.whole(bytes.length)).map((length) =>
      file(`${kind} cut off after ${length} bytes`, bytes.subarray(0, length)),
    ),
  );

const flipped: Family = (images, draws) =>
  eachTaken(images).flatMap(([kind, bytes]) =>
    times(10, (index) => {
      const spoilt = Buffer.from(bytes);
      for (let left = 1 + draws.whole(20); left > 0; left -= 1)
        spoilt[draws.whole(bytes.length)] = draws.whole(256);
      return file(`${kind} with flipped bytes ${index}`, spoilt);
    }),
  );

const wrongMagic: Family = (images, draws) => {
  const kinds = Object.entries({ ...images.taken, ...images.refused });
  return kinds.flatMap(([kind, bytes]) => [
    ...kinds
      .filter(([other]) => other !== kind)
      .slice(0, 4)
      .map(([other, begin]) =>
        file(`${kind} that begins as ${other}`, Buffer.concat([begin.subarray(0, 16), bytes.subarray(16)])),
      ),
    file(`noise that begins as ${kind}`, Buffer.concat([bytes.subarray(0, 12), draws.bytes(2_000)])),
  ]);
};

const tooShort: Family = (images) => [
  ...times(4, (length) => file(`${length} zero bytes`, Buffer.alloc(length * length * 100))),
  ...eachTaken(images).flatMap(([kind, bytes]) =>
    [1, 3, 8, 12].map((length) => file(`${length} bytes of ${kind}`, bytes.subarray(0, length))),
  ),
];

const foreign = {
  html: text('<html><script>alert(1)</script></html>'),
  php: text('<?php system($_GET["c"]); ?>'),
  zip: Buffer.concat([text('PK\x03\x04'), Buffer.alloc(60), text('PK\x05\x06'), Buffer.alloc(18)]),
  pdf: text('%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript>>>>endobj\n%%EOF'),
  script: text('/*\xff\xd8*/alert(1)//'),
};

const polyglots: Family = (images) =>
  Object.entries(foreign).flatMap(([kind, bytes]) => [
    ...eachTaken(images).map(([image, whole]) =>
      file(`${image} with ${kind} behind it`, Buffer.concat([whole, bytes])),
    ),
    file(`${kind} with a JPEG behind it`, Buffer.concat([bytes, images.taken.jpeg])),
    file(`a JPEG with ${kind} as its comment`, withSegments(images.taken.jpeg, jpegSegment(0xfe, bytes))),
  ]);

const svg = (inside: string, size = 'width="90" height="90"') =>
  text(`<svg xmlns="http://www.w3.org/2000/svg" ${size}>${inside}</svg>`);
const drawings: Family = ({ taken }) => [
  file('an SVG', svg('<rect width="9" height="9"/>')),
  file('an SVG with a script', svg('<script>alert(1)</script>')),
  file('an SVG that reads a file', svg('<image href="file:///etc/passwd"/>')),
  file('an SVG that is enormous', svg('', 'width="1000000" height="1000000"')),
  file(
    'an SVG with entities of entities',
    Buffer.concat([
      text(
        '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
      ),
      text('<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>'),
      svg('<text>&d;</text>'),
    ]),
  ),
  file('an SVG that begins as a JPEG', Buffer.concat([taken.jpeg.subarray(0, 3), svg('<rect/>')])),
  file('an SVG behind a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), svg('')])),
  file('an SVG within a PNG', withChunks(taken.png, pngChunk('tEXt', svg('')))),
];

const brokenExif: Family = ({ taken }, draws) => {
  const odd: [string, Buffer][] = [
    ...times(12, (value): [string, Buffer] => [`orientation ${value}`, exifSegment([[0x112, 3, 1, value]])]),
    ['orientation 65535', exifSegment([[0x112, 3, 1, 65_535]])],
    ['an endless circle', exifSegment([[0x112, 3, 1, 6]], 8)],
    ['a circle of GPS', exifSegment([[0x8825, 4, 1, 8]])],
    ['a far offset', exifSegment([[0x10f, 2, 100, 0x7fffffff]])],
    ['a huge count', exifSegment([[0x10f, 12, 0x3fffffff, 8]])],
    ['a type that is none', exifSegment([[0x112, 99, 1, 1]])],
    ['nothing in it', jpegSegment(0xe1, text('Exif\0\0'))],
  ];
  const noise = times(20, (index): [string, Buffer] => [
    `noise ${index}`,
    jpegSegment(0xe1, Buffer.concat([text('Exif\0\0MM\0*'), draws.bytes(1 + draws.whole(300))])),
  ]);
  return [...odd, ...noise].map(([what, segment]) =>
    file(`a JPEG whose EXIF has ${what}`, withSegments(taken.jpeg, segment)),
  );
};

const brokenProfiles: Family = ({ taken }, draws) =>
  times(10, (index) => [
    file(
      `a JPEG with a profile of noise ${index}`,
      withSegments(
        taken.jpeg,
        jpegSegment(0xe2, Buffer.concat([text('ICC_PROFILE\0\x01\x01'), draws.bytes(200)])),
      ),
    ),
    file(
      `a PNG with a profile of noise ${index}`,
      withChunks(taken.png, pngChunk('iCCP', Buffer.concat([text('x\0\0'), draws.bytes(100)]))),
    ),
  ]).flat();

/** Sizes that are not those of the data behind them. */
const liars: Family = ({ taken }) => {
  const at = { png: 16, jpeg: taken.jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 5 };
  const sides = [0, 1, 7, 199, 201, 16_384, 65_535];
  return sides.flatMap((width) =>
    sides.flatMap((height) => {
      const jpeg = Buffer.from(taken.jpeg);
      jpeg.writeUInt16BE(height, at.jpeg);
      jpeg.writeUInt16BE(width, at.jpeg + 2);
      const png = Buffer.from(taken.png);
      png.writeUInt32BE(width * 3, at.png);
      png.writeUInt32BE(height * 3, at.png + 4);
      const name = `${width} × ${height}`;
      return [file(`a JPEG that says ${name}`, jpeg), file(`a PNG that says thrice ${name}`, png)];
    }),
  );
};

const animations: Family = ({ taken, loop, refused }) => [
  file('an animated WebP', loop),
  file('an animated WebP, cut off', loop.subarray(0, Math.floor(loop.length * 0.7))),
  file('an animated GIF', refused.gifLoop),
  file('an animated PNG', animatedPng(60, 40, 3)),
  file('an animated PNG with more frames than it has', animatedPng(60, 40, 2_000_000)),
  file('an animated PNG of large frames', animatedPng(2_000, 1_000, 50)),
  file('two JPEGs in one file', Buffer.concat([taken.jpeg, taken.progressive])),
];

/** Made when their turn comes: some have 50,000 pieces. */
const hugeHeads: Family = ({ taken }) => [
  {
    name: 'a JPEG with a 6 MB head',
    make: () => withSegments(taken.jpeg, ...times(100, () => jpegSegment(0xed, Buffer.alloc(65_000)))),
  },
  {
    name: 'a JPEG with 50,000 comments',
    make: () => withSegments(taken.jpeg, ...times(50_000, () => jpegSegment(0xfe, text('x')))),
  },
  {
    name: 'a JPEG with a 6 MB profile',
    make: () =>
      withSegments(
        taken.jpeg,
        ...times(100, (index) =>
          jpegSegment(
            0xe2,
            Buffer.concat([text('ICC_PROFILE\0'), Buffer.from([index + 1, 100]), Buffer.alloc(65_000)]),
          ),
        ),
      ),
  },
  {
    name: 'a PNG with 50,000 texts',
    make: () => withChunks(taken.png, ...times(50_000, () => pngChunk('tEXt', text('a\0b')))),
  },
  {
    name: 'a PNG with a chunk of 8 MB',
    make: () => withChunks(taken.png, pngChunk('prIv', Buffer.alloc(8_000_000))),
  },
  {
    name: 'a segment longer than the file',
    make: () => withSegments(taken.jpeg.subarray(0, 400), Buffer.from([0xff, 0xe1, 0xff, 0xff])),
  },
];

/** Photos that are spoilt in every way that is known, and what is none at all. */
export const spoiltFamilies: Readonly<Record<string, Family>> = {
  truncated,
  flipped,
  wrongMagic,
  tooShort,
  polyglots,
  drawings,
  brokenExif,
  brokenProfiles,
  liars,
  animations,
  hugeHeads,
};
