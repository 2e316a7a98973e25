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
/** A blob that is there keeps its bytes: S3 refuses the second one by the first of these, and by the other one of two at once. */
const thereAlready: readonly (number | undefined)[] = [412, 409];

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** Blobs in a bucket of S3, or of a server that speaks as it does. A half-written one is never seen: S3 shows whole objects only. */
export function createS3Blobs(settings: S3Settings): BlobStore {
  const { s3Bucket: bucket } = settings;
  const client = createClient(settings);
  const atName = (name: string) => ({ Bucket: bucket, Key: name });
  return {
    async put(name, bytes) {
      try {
        await client.send(new PutObjectCommand({ ...atName(name), Body: bytes, IfNoneMatch: '*' }));
      } catch (error) {
        if (!thereAlready.includes(statusOf(error))) throw blobsUnavailable(error);
      }
    },
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
