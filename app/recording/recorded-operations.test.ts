import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '../contract/operations.ts';
import { operationOf } from './recorded-operations.ts';

test('HEAD is the operation that GET of the same route is', () => {
  const { method, route } = operations.photoPage;
  assert.equal(method, 'GET');
  assert.deepEqual(
    ['GET', 'HEAD', 'DELETE'].map((asked) => operationOf(asked, route)),
    ['photoPage', 'photoPage', 'deletePhoto'],
  );
  assert.equal(operationOf('HEAD', '/healthz'), undefined);
});
