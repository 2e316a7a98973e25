import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { greyJpeg } from '../../tests/support/grey-jpeg.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { blobNamesOf, renditionEdges, renditionFormats } from '../contract/renditions.ts';
import { DarkroomError } from '../errors.ts';
import { digestOf } from '../storage/blob-store.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { createRenditionService } from './rendition-service.ts';

const sample = readFileSync(join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg'));
const mebibyte = 1024 * 1024;

/** Blobs in memory, in the order in which they were put. */
function createShelf() {
  const blobs = new Map<string, Buffer>();
  const store: BlobStore = {
    async put(name, bytes) {
      if (!blobs.has(name)) blobs.set(name, Buffer.from(bytes));
    },
    get: async (name) => blobs.get(name) ?? null,
    has: async (name) => blobs.has(name),
    async remove(name) {
      blobs.delete(name);
    },
    close: () => {},
  };
  return { blobs, store };
}

const withRenditions = (decodeMiB = 384) => {
  const shelf = createShelf();
  return { ...shelf, renditions: createRenditionService(shelf.store, decodeMiB * mebibyte) };
};

/** A shelf far away: what is put there arrives when `arrive` is called. `awaited`: digests of which something is on its way. */
function createFarShelf() {
  const { blobs, store } = createShelf();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const awaited = new Set<string>();
  const put: BlobStore['put'] = async (name, bytes) => {
    awaited.add(name.slice(0, digestOf(sample).length));
    await arrived;
    await store.put(name, bytes);
  };
  return { blobs, awaited, arrive, renditions: createRenditionService({ ...store, put }, 384 * mebibyte) };
}

/** Metadata as telephones write them: where a photo was taken, by whom, with what. */
const secrets = ['somebody', 'SecretPhone', 'xmp-secret'];
const tellTale = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c86432' } })
    .withExif({
      IFD0: { Artist: 'somebody', Model: 'SecretPhone' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1', GPSLongitudeRef: 'E' },
    })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><r>xmp-secret</r></x:xmpmeta>');

describe('the renditions of a photo', () => {
  it('are of every size and format, the largest JPEG under its own digest, which comes last', async () => {
    const { blobs, renditions } = withRenditions();
    const { digest, widthPx, heightPx } = await renditions.keep(
      await sharp(sample).resize(3_000, 2_000, { fit: 'fill' }).jpeg().toBuffer(),
    );
    assert.deepEqual([widthPx, heightPx], [1080, 720]);
    assert.deepEqual([...blobs.keys()].toSorted(), blobNamesOf(digest).toSorted());
    assert.equal([...blobs.keys()].at(-1), digest);
    assert.equal(digestOf(blobs.get(digest) as Buffer), digest);
    for (const edge of renditionEdges)
      for (const format of renditionFormats) {
        const bytes = await renditions.read(digest, edge, format);
        const { width, height, format: found } = await sharp(bytes as Buffer).metadata();
        assert.deepEqual([width, height, found], [edge, Math.round((edge * 2) / 3), format]);
      }
  });

  it('tell nothing of where, when and by whom a photo was taken, in any size and format', async () => {
    const upright = tellTale(1_400, 900).withMetadata({ orientation: 6 });
    const uploads = [upright.clone().jpeg(), upright.clone().png(), upright.clone().webp()];
    for (const upload of await Promise.all(uploads.map((one) => one.toBuffer()))) {
      const { exif = Buffer.alloc(0) } = await sharp(upload).metadata();
      assert.ok(exif.includes('SecretPhone'), 'the upload has metadata');
      assert.ok(exif.includes(Buffer.from([0x25, 0x88])) || exif.includes(Buffer.from([0x88, 0x25])), 'GPS');
      const { blobs, renditions } = withRenditions();
      await renditions.keep(upload);
      assert.equal(blobs.size, renditionEdges.length * renditionFormats.length);
      for (const [name, bytes] of blobs) {
        const metadata = await sharp(bytes).metadata();
        for (const kind of ['exif', 'xmp', 'iptc', 'icc', 'orientation'] as const)
          assert.equal(metadata[kind], undefined, `${name} has ${kind}`);
        assert.ok(metadata.height > metadata.width, 'it stands upright');
        for (const secret of [...secrets, 'Exif', 'GPS'])
          assert.ok(!bytes.includes(secret), `${name}: ${secret}`);
      }
    }
  });

  it('keep nothing that was hung behind the image', async () => {
    const { blobs, renditions } = withRenditions();
    const script = '<script>alert(1)</script>';
    await renditions.keep(Buffer.concat([sample, Buffer.from(script)]));
    for (const bytes of blobs.values()) assert.ok(!bytes.includes(script));
  });

  it('are kept once for the same photo', async () => {
    const { blobs, renditions } = withRenditions();
    const [first] = await Promise.all([renditions.keep(sample), renditions.keep(sample)]);
    const kept = [...blobs.entries()];
    assert.deepEqual(await renditions.keep(Buffer.concat([sample, Buffer.from('more')])), first);
    assert.deepEqual([...blobs.entries()], kept);
  });

  it('are stored while others are decoded already, however long that takes', async () => {
    const { blobs, awaited, arrive, renditions } = createFarShelf();
    const widths = [100, 101, 102, 103, 104];
    const uploads = await Promise.all(
      widths.map((width) => sharp(sample).resize({ width }).jpeg().toBuffer()),
    );
    const kept = Promise.all(uploads.map((upload) => renditions.keep(upload)));
    await waitUntil(() => awaited.size === widths.length);
    assert.equal(blobs.size, 0);
    arrive();
    for (const { digest } of await kept) assert.ok(blobs.has(digest));
  });

  it('of an image of our own leave it as it is', async () => {
    const { blobs, renditions } = withRenditions();
    await renditions.keepAsIs(sample);
    assert.deepEqual(blobs.get(digestOf(sample)), sample);
    assert.equal(blobs.size, blobNamesOf('').length);
  });

  it('are gone together', async () => {
    const { blobs, renditions } = withRenditions();
    const { digest } = await renditions.keep(sample);
    await renditions.remove(digest);
    assert.deepEqual([...blobs.keys()], []);
    assert.equal(await renditions.read(digest, 320, 'webp'), null);
  });

  it('are made of as many photos at once as memory has room for; others wait, and too many are refused', async () => {
    const upload = greyJpeg({ width: 400, height: 300, isProgressive: true });
    const { renditions } = withRenditions(25);
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => renditions.keep(upload)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(outcomes.length - refused.length, 33);
    for (const { reason } of refused) {
      assert.ok(reason instanceof DarkroomError && reason.code === 'OVERLOADED');
      assert.match(String(reason), /26214400 bytes or 2 places, and 32 wait, which is the limit/);
    }
    assert.equal((await renditions.keep(upload)).widthPx, 400);
  });
});
