import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { wholeEdge } from '../app/contract/renditions.ts';
import { decodePhoto } from '../app/photos/decode-photo.ts';
import { createRenditionService } from '../app/photos/rendition-service.ts';
import type { BlobStore } from '../app/storage/blob-store.ts';
import type { Assignment, Bench, Prepared } from './harness/bench.ts';

const sample = readFileSync(join(import.meta.dirname, '..', 'loadtests', 'media', 'sample-1.jpg'));
const decodeBytesMax = 384 * 1024 * 1024;
/** Posts per sample: some hundred milliseconds of CPU each. */
const posts = { load: 40, camera: 12 } as const;

/** Blobs that are forgotten at once: every photo is a new one, and no disk is measured. */
const forgetful: BlobStore = {
  put: async () => {},
  get: async () => null,
  has: async () => false,
  remove: async () => {},
  close: () => {},
};

/** One that has every photo already. */
const knowing: BlobStore = { ...forgetful, has: async () => true };

/** What a post did before there were renditions. */
async function oneJpeg(upload: Buffer): Promise<void> {
  await sharp(upload, { failOn: 'truncated', limitInputPixels: false })
    .autoOrient()
    .resize({ width: wholeEdge, height: wholeEdge, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toBuffer();
}

/** Every rendition by itself, as the plainest code would. */
async function eightFromUpload(upload: Buffer): Promise<void> {
  for (const edge of [150, 320, 640, wholeEdge]) {
    const scaled = () =>
      sharp(upload, { failOn: 'truncated', limitInputPixels: false })
        .autoOrient()
        .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true });
    await scaled().jpeg({ quality: 80 }).toBuffer();
    await scaled().webp({ quality: 75 }).toBuffer();
  }
}

const keepIn = (blobs: BlobStore) => {
  const renditions = createRenditionService(blobs, decodeBytesMax);
  return (upload: Buffer): Promise<unknown> => renditions.keep(upload);
};

const reference = 'one JPEG of 1080 pixels, as before';
const contestant = 'eight renditions of one decode';
const makers: Readonly<Record<string, () => (upload: Buffer) => Promise<unknown>>> = {
  [reference]: () => oneJpeg,
  [contestant]: () => keepIn(forgetful),
  'eight renditions of one decode, of a photo that is there': () => keepIn(knowing),
  'eight renditions, each from the upload': () => eightFromUpload,
  'the decode alone': () => (upload) => decodePhoto(upload, 'jpeg', wholeEdge),
};

async function cpuMsPerPost(post: (upload: Buffer) => Promise<unknown>, upload: Buffer, count: number) {
  await post(upload);
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) await post(upload);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / count;
}

async function prepare({ label }: Assignment): Promise<Prepared> {
  const post = makers[label]?.();
  if (post === undefined) throw new RangeError(`nothing is called ${label}`);
  const camera = await sharp(sample).resize(4_000, 3_000).jpeg({ quality: 90 }).toBuffer();
  return {
    info: '',
    measure: async () => ({
      loadMs: await cpuMsPerPost(post, sample, posts.load),
      cameraMs: await cpuMsPerPost(post, camera, posts.camera),
    }),
  };
}

export const postPhotoBench: Bench = {
  name: 'post-photo',
  question: 'What do the renditions of a photo add to the CPU of a post?',
  method: [
    'One post after another, CPU of the whole process with its threads. A photo of the load has 640 × 480 pixels (41 kB), so that three of its four sizes differ; one of a camera 4,000 × 3,000. Nothing is written to disk, and no HTTP is part of it.',
    'A photo that is stored already is decoded and encoded once, to know its digest; its renditions are there. The load posts the same four photos all the time.',
  ],
  metrics: [
    { key: 'loadMs', title: 'CPU per post of the load', unit: 'ms', decimals: 1 },
    { key: 'cameraMs', title: 'CPU per photo of a camera', unit: 'ms', decimals: 1 },
  ],
  reference,
  targets: [],
  contestants: Object.keys(makers),
  rounds: 9,
  prepare,
};
