import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { S3Settings } from '../../app/storage/s3-blobs.ts';

/** A real server that speaks as S3 does, with an empty bucket. */
export type S3Server = {
  readonly settings: S3Settings;
  stop(): Promise<void>;
};

const bucket = 'photos';
/** The one account that the server knows. */
const account = 'S3RVER';

export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'darkroom-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  });
  const { port } = await server.run();
  return {
    settings: {
      s3Bucket: bucket,
      s3Endpoint: `http://127.0.0.1:${port}`,
      s3Region: 'us-east-1',
      s3AccessKeyId: account,
      s3SecretAccessKey: account,
    },
    async stop() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
