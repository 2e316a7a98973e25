import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { openBlobs } from './open-blobs.ts';

test('the library of S3, which is slow to load, is loaded by those only who keep their photos there', async () => {
  const loaded: string[] = [];
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      loaded.push(specifier);
      return next(specifier, context);
    },
  });
  const settings = {
    mediaFolder: tmpdir(),
    s3Bucket: 'photos',
    s3Endpoint: 'http://127.0.0.1:9',
    s3Region: 'us-east-1',
    s3AccessKeyId: 'key',
    s3SecretAccessKey: 'secret',
  };
  (await openBlobs({ ...settings, blobStore: 'file' })).close();
  // Other tests of this process load what they need meanwhile.
  const isOfS3 = (specifier: string): boolean => specifier.endsWith('/s3-blobs.ts');
  assert.ok(!loaded.some(isOfS3));
  (await openBlobs({ ...settings, blobStore: 's3' })).close();
  assert.ok(loaded.some(isOfS3));
  hooks.deregister();
});
