import { imageIdOf } from '../../app/contract/recorded-event.ts';
import { randomAt, streams, uint32At } from '../../loadtests/workloads/counter-random.ts';
import type { PlannedOperation } from '../../loadtests/workloads/operation-mix.ts';
import { reservedPhotoOf, reserveSizeOf } from '../../loadtests/workloads/photo-reserve.ts';
import { createOwnerOf } from '../../loadtests/workloads/population.ts';
import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { renditionAt } from '../../loadtests/workloads/rendition-shares.ts';
import { sampleOf, samplePhotos } from '../../loadtests/workloads/sample-photos.ts';
import type { PlannedRequest } from '../../loadtests/workloads/workload.ts';
import { firstRoundPass } from '../experiment/round-plan.ts';
import type { RecordedRequest } from '../recordings/recording.ts';
import type { ReplayLosses } from './loss-of-replay.ts';
import { createNumbering } from './numbering.ts';
import type { Numbering } from './numbering.ts';

/** Whose identifiers a recording has: those of a database that was seeded the same, or ones that say nothing here. */
export type Identifiers = 'seeded' | 'numbered';

export type RequestMaker = {
  /** Null: it cannot be sent. */
  readonly requestOf: (recorded: RecordedRequest) => PlannedRequest | null;
  readonly losses: () => ReplayLosses;
};

/** What can be sent again from what a recording has: not what needs a session that ends, a password, a token or a page. */
type Sendable = Exclude<
  PlannedOperation,
  | 'logIn'
  | 'failedLogIn'
  | 'logOut'
  | 'addCount'
  | 'addAndGetCount'
  | 'getCount'
  | 'clearCount'
  | 'metadataPage'
  | 'putMetadata'
>;

const sendable: ReadonlySet<string> = new Set<Sendable>([
  'feedPage',
  'photoPage',
  'profileGrid',
  'comments',
  'followers',
  'image',
  'like',
  'comment',
  'follow',
  'unfollow',
  'post',
  'editCaption',
  'deletePhoto',
]);

const isSendable = (operation: string): operation is Sendable => sendable.has(operation);

/** Images of the seeded database, by what a recording with plain identifiers calls them. */
const seededDigests: ReadonlyMap<bigint, string> = new Map(
  samplePhotos.map(({ digest }) => [BigInt(imageIdOf(digest)), digest]),
);

/** People and photos of the seeded database, by what a recording calls them. */
function createSubjects({ people, photos }: PopulationSize, identifiers: Identifiers) {
  const numbering = { photos: createNumbering(photos), people: createNumbering(people) };
  let [elsewhere, isElsewhere] = [0, false];
  const among =
    (most: number, numbers: Numbering) =>
    (identifier: bigint): number => {
      if (identifiers === 'numbered') return numbers.of(identifier);
      if (identifier >= 1n && identifier <= BigInt(most)) return Number(identifier);
      isElsewhere = true;
      return Number(((identifier % BigInt(most)) + BigInt(most)) % BigInt(most)) + 1;
    };
  return {
    photoOf: among(photos, numbering.photos),
    /** The digest that a recording names, where that is one of a seeded image. */
    seededDigestOf: (identifier: bigint) =>
      identifiers === 'seeded' ? seededDigests.get(identifier) : undefined,
    personOf: among(people, numbering.people),
    /** A request is complete: whether one of its identifiers was none of the database counts once. */
    requestMade: () => {
      if (isElsewhere) elsewhere += 1;
      isElsewhere = false;
    },
    elsewhere: () => elsewhere,
    numbered: () =>
      identifiers === 'numbered'
        ? { photos: numbering.photos.appeared(), people: numbering.people.appeared() }
        : null,
  };
}

/** Writes that only owners may send, and what stands for those that could not be sent a second time. */
function createOwnersWrites(
  size: PopulationSize,
  identifiers: Identifiers,
  photoOf: (subject: bigint) => number,
) {
  const { photos } = size;
  const ownerOf = createOwnerOf(size);
  const reserved = reserveSizeOf(photos);
  let [deletions, captions] = [0, 0];
  const caption = (subject: bigint, text: string): PlannedRequest => {
    const photoId = photoOf(subject);
    return { operation: 'editCaption', viewerId: ownerOf(photoId - 1), params: { photoId }, text };
  };
  const captionInstead = (subject: bigint, text: string): PlannedRequest => {
    captions += 1;
    return caption(subject, text);
  };
  /** The photo of the reserve that a deletion takes; null: it is used up. */
  const photoToDelete = (subject: bigint): number | null => {
    const isReserved = subject > BigInt(photos) && subject <= BigInt(photos + reserved);
    if (identifiers === 'seeded' && isReserved) return Number(subject);
    const photoId = reservedPhotoOf(photos, firstRoundPass, deletions);
    deletions += 1;
    return photoId;
  };
  return {
    caption,
    captionInstead,
    deletion(subject: bigint, text: string): PlannedRequest {
      const photoId = photoToDelete(subject);
      return photoId === null
        ? captionInstead(subject, text)
        : { operation: 'deletePhoto', viewerId: ownerOf(photoId - 1), params: { photoId } };
    },
    captions: () => captions,
  };
}

type Parts = {
  readonly size: PopulationSize;
  readonly isForeign: boolean;
  readonly subjects: ReturnType<typeof createSubjects>;
  readonly writes: ReturnType<typeof createOwnersWrites>;
};

/** Makes the request of that number: a pure function, but for the numbers that identifiers get. */
function makeRequest(
  { size: { seed, people }, isForeign, subjects, writes }: Parts,
  operation: Sendable,
  { subject, viewer }: RecordedRequest,
  number: number,
): PlannedRequest {
  const viewerId = viewer === 0n ? (number % people) + 1 : subjects.personOf(viewer);
  const text = `note ${uint32At(seed, firstRoundPass, streams.text, number).toString(36)}`;
  switch (operation) {
    case 'photoPage':
    case 'comments':
    case 'like':
      return { operation, viewerId, params: { photoId: subjects.photoOf(subject) } };
    case 'comment':
      return { operation, viewerId, params: { photoId: subjects.photoOf(subject) }, text };
    case 'editCaption':
      return isForeign ? writes.captionInstead(subject, text) : writes.caption(subject, text);
    case 'deletePhoto':
      return writes.deletion(subject, text);
    case 'image': {
      const digest = subjects.seededDigestOf(subject) ?? sampleOf(subjects.photoOf(subject)).digest;
      const rendition = renditionAt(randomAt(seed, firstRoundPass, streams.images, number));
      return { operation, viewerId, params: { rendition }, digest };
    }
    case 'feedPage': {
      // People read their own.
      const userId = subjects.personOf(subject);
      return { operation, viewerId: userId, params: { userId } };
    }
    case 'profileGrid':
    case 'followers':
      return { operation, viewerId, params: { userId: subjects.personOf(subject) } };
    case 'follow':
    case 'unfollow': {
      const other = subjects.personOf(subject);
      // Nobody follows themselves.
      return { operation, viewerId, params: { userId: other === viewerId ? (other % people) + 1 : other } };
    }
    case 'post': {
      const sample = uint32At(seed, firstRoundPass, streams.photo, number) % samplePhotos.length;
      return { operation, viewerId, params: { userId: viewerId }, text, sample };
    }
  }
}

/**
 * Makes requests of what was recorded. With the identifiers of a database that was seeded the same, they are those that were sent, but for
 * the texts, which a recording does not have. Otherwise objects become photos and viewers people, and a write whose effect would
 * not be there a second time becomes a new caption.
 */
export function createRequestMaker(
  size: PopulationSize,
  identifiers: Identifiers,
  isForeign: boolean,
): RequestMaker {
  const subjects = createSubjects(size, identifiers);
  const writes = createOwnersWrites(size, identifiers, subjects.photoOf);
  const parts: Parts = { size, isForeign, subjects, writes };
  const leftOut = new Map<string, number>();
  let number = 0;
  return {
    requestOf(recorded) {
      const { operation } = recorded;
      if (!isSendable(operation)) {
        leftOut.set(operation, (leftOut.get(operation) ?? 0) + 1);
        return null;
      }
      const request = makeRequest(parts, operation, recorded, number);
      subjects.requestMade();
      number += 1;
      return request;
    },
    losses: () => ({
      leftOut,
      numbered: subjects.numbered(),
      elsewhere: subjects.elsewhere(),
      captions: writes.captions(),
    }),
  };
}
