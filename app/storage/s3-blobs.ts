import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Config } from '../config.ts';
import { blobsUnavailable } from './blob-store.ts';
import type { BlobStore } from './blob-store.ts';

export type S3Settings = Pick<
  Config,
  's3Bucket' | 's3Endpoint' | 's3Region' | 's3AccessKeyId' | 's3SecretAccessKey'
>;

/** The library waits for ever by default; a request that waits for an image is given up by its sender long before a minute. */
const bounds = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
/** A blob that is there keeps its bytes: so S3 refuses another one. */
const thereAlready = 412;
/** Something else was done under the name at that moment, perhaps a removal, and nothing was stored: S3 says to put it again. */
const conflict = 409;

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** Blobs in a bucket of S3, or of a server that speaks as it does. A half-written one is never seen: S3 shows whole objects only. */
export function createS3Blobs(settings: S3Settings): BlobStore {
  const { s3Bucket: bucket } = settings;
  const client = createClient(settings);
  const atName = (name: string) => ({ Bucket: bucket, Key: name });
  const put = async (name: string, bytes: Uint8Array, conflictsBorne: number): Promise<void> => {
    try {
      await client.send(new PutObjectCommand({ ...atName(name), Body: bytes, IfNoneMatch: '*' }));
    } catch (error) {
      const status = statusOf(error);
      if (status === thereAlready) return;
      if (status !== conflict || conflictsBorne === 0) throw blobsUnavailable(error);
      await put(name, bytes, conflictsBorne - 1);
    }
  };
  return {
    put: (name, bytes) => put(name, bytes, 1),
    get: (name) =>
      nullWhenAbsent(async () => {
        const { Body: body } = await client.send(new GetObjectCommand(atName(name)));
        return body === undefined ? null : Buffer.from(await body.transformToByteArray());
      }),
    has: async (name) =>
      (await nullWhenAbsent(() => client.send(new HeadObjectCommand(atName(name))))) !== null,
    async remove(name) {
      await nullWhenAbsent(() => client.send(new DeleteObjectCommand(atName(name))));
    },
    close: () => client.destroy(),
  };
}

function createClient(settings: S3Settings): S3Client {
  const { s3Endpoint: endpoint, s3Region: region, s3AccessKeyId: accessKeyId } = settings;
  const { s3SecretAccessKey: secretAccessKey } = settings;
  return new S3Client({
    ...bounds,
    region,
    // Servers beside Amazon's have no name per bucket, and know no checksums but those of the signature.
    ...(endpoint !== '' && { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Without a key, the library looks where Amazon's machines say who they are.
    ...(accessKeyId !== '' && { credentials: { accessKeyId, secretAccessKey } }),
  });
}

async function nullWhenAbsent<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (statusOf(error) === 404 && !isBucketMissing(error)) return null;
    throw blobsUnavailable(error);
  }
}

/** To HEAD, S3 says no more than 404: then a bucket that is missing is found out by the first image that is put. */
const isBucketMissing = (error: unknown): boolean => (error as Error).name === 'NoSuchBucket';
