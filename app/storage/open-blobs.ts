import type { Config } from '../config.ts';
import { createFileBlobs } from './blob-store.ts';
import type { BlobStore } from './blob-store.ts';
import type { S3Settings } from './s3-blobs.ts';

/** The place of images that the settings name. */
export async function openBlobs(
  config: S3Settings & Pick<Config, 'blobStore' | 'mediaFolder'>,
): Promise<BlobStore> {
  if (config.blobStore === 'file') return createFileBlobs(config.mediaFolder);
  // The library takes half a second to load, which only those pay who use it.
  const { createS3Blobs } = await import('./s3-blobs.ts');
  return createS3Blobs(config);
}
