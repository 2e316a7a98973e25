import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imageIdOf } from '../../app/contract/recorded-event.ts';
import { sentOperations } from '../../app/contract/operations.ts';
import type { RecordedRequest } from '../recordings/recording.ts';
import { createPopulation } from '../../loadtests/workloads/population.ts';
import { samplePhotos } from '../../loadtests/workloads/sample-photos.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import type { PlannedRequest } from '../../loadtests/workloads/workload.ts';
import { createRequestMaker } from './requests-of-recording.ts';

const size = { seed: 3, people: 60, photos: 300, followers: 'heavy' } as const;
const { photoOwner } = createPopulation(size);

/** What a recording with plain identifiers says of a request. */
const recordedOf = (
  { operation, params, viewerId, digest }: PlannedRequest,
  index: number,
): RecordedRequest => ({
  timeUs: index,
  operation,
  subject: BigInt(digest === undefined ? (params['photoId'] ?? params['userId'] ?? 0) : imageIdOf(digest)),
  viewer: BigInt(viewerId),
  request: index,
});

describe('requests of a recording', () => {
  it('are those that were sent, where the identifiers are those of the seeded database', () => {
    const workload = createWorkload({ ...size, mix: 'social-default' });
    const sent = Array.from({ length: 5_000 }, (_, index) => workload.requestAt(2, index));
    const maker = createRequestMaker(size, 'seeded', false);
    const asked = ({ operation, viewerId, params }: PlannedRequest) => ({ operation, viewerId, params });
    assert.ok(sent.some(({ operation }) => operation === 'deletePhoto'));
    assert.deepEqual(
      sent.map((request, index) => asked(maker.requestOf(recordedOf(request, index)) as PlannedRequest)),
      sent.map(asked),
    );
    assert.deepEqual(maker.losses(), { leftOut: new Map(), numbered: null, elsewhere: 0, captions: 0 });
  });

  it('ask for the images that were asked for, where the identifiers are those of the seeded database', () => {
    const maker = createRequestMaker(size, 'seeded', false);
    const digests = samplePhotos.map(({ digest }) => digest);
    const asked = digests.map((digest, index) =>
      maker.requestOf(recordedOf({ operation: 'image', viewerId: 1, params: {}, digest }, index)),
    );
    assert.deepEqual(
      asked.map((request) => request?.digest),
      digests,
    );
    assert.equal(maker.losses().elsewhere, 0);
  });

  it('become requests for seeded photos by first appearance, where identifiers are hashed', () => {
    const maker = createRequestMaker(size, 'numbered', false);
    const read = (subject: bigint, viewer: bigint) =>
      maker.requestOf({ timeUs: 0, operation: 'photoPage', subject, viewer, request: 0 });
    const all = [read(900n, 7n), read(13n, 7n), read(900n, 5n)];
    assert.deepEqual(
      all.map((request) => [request?.params['photoId'], request?.viewerId]),
      [
        [1, 1],
        [2, 1],
        [1, 2],
      ],
    );
    assert.deepEqual(maker.losses().numbered, { photos: 2, people: 2 });
  });

  it('of owners are sent by the owners of the photos that they became', () => {
    const maker = createRequestMaker(size, 'numbered', false);
    const request = maker.requestOf({
      timeUs: 0,
      operation: 'editCaption',
      subject: 5n,
      viewer: 9n,
      request: 0,
    });
    assert.deepEqual([request?.params, request?.viewerId], [{ photoId: 1 }, photoOwner[0]]);
  });

  it('delete photos that nobody reads, each once, and then write captions', () => {
    const maker = createRequestMaker(size, 'numbered', false);
    const deleted = Array.from({ length: 200 }, (_, index) =>
      maker.requestOf({
        timeUs: 0,
        operation: 'deletePhoto',
        subject: BigInt(index),
        viewer: 9n,
        request: 0,
      }),
    );
    const deletions = deleted.filter((request) => request?.operation === 'deletePhoto');
    const photos = deletions.map((request) => request?.params['photoId'] ?? 0);
    assert.ok(photos.length > 0 && photos.length < 200);
    assert.equal(new Set(photos).size, photos.length);
    assert.ok(photos.every((photo) => photo > size.photos));
    assert.equal(maker.losses().captions, 200 - photos.length);
  });

  it('that write, of others than Darkroom, pile nothing up: each is a new caption', () => {
    const maker = createRequestMaker(size, 'numbered', true);
    const written = maker.requestOf({
      timeUs: 0,
      operation: 'editCaption',
      subject: 5n,
      viewer: 0n,
      request: 0,
    });
    assert.equal(written?.operation, 'editCaption');
    assert.equal(maker.losses().captions, 1);
  });

  it('that cannot be sent again are left out, and counted', () => {
    const maker = createRequestMaker(size, 'seeded', false);
    for (const operation of ['logOut', 'logIn', 'logOut', 'addCount'])
      assert.equal(maker.requestOf({ timeUs: 0, operation, subject: 1n, viewer: 1n, request: 0 }), null);
    assert.deepEqual(
      [...maker.losses().leftOut],
      [
        ['logOut', 2],
        ['logIn', 1],
        ['addCount', 1],
      ],
    );
  });

  it('ask for what the seeded database holds, whatever was recorded', () => {
    for (const identifiers of ['seeded', 'numbered'] as const) {
      const maker = createRequestMaker(size, identifiers, false);
      for (const operation of ['photoPage', 'feedPage', 'follow', 'comment', 'image', 'post']) {
        for (const subject of [-5n, 0n, 301n, 2n ** 62n]) {
          const request = maker.requestOf({ timeUs: 0, operation, subject, viewer: 2n ** 61n, request: 0 });
          const { photoId = 1, userId = 1 } = request?.params ?? {};
          assert.ok(photoId >= 1 && photoId <= 300 && userId >= 1 && userId <= 60, `${operation} ${subject}`);
          assert.ok((request?.viewerId ?? 0) >= 1 && (request?.viewerId ?? 0) <= 60);
          assert.ok(request !== null && request.operation in sentOperations);
          if (operation === 'follow') assert.notEqual(request.viewerId, userId);
          if (operation === 'feedPage') assert.equal(request.viewerId, userId);
        }
      }
    }
  });
});
