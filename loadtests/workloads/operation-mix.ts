import type { SentOperationName } from '../../app/contract/operations.ts';

/** What people write who mostly look: 44.7 likes per post. */
const browsingWrites = {
  like: 760,
  comment: 80,
  follow: 30,
  unfollow: 10,
  post: 17,
  editCaption: 2,
  deletePhoto: 1,
} as const;

/**
 * Operations of a mix in tenths of a permille; each mix sums to 10,000, and what it does not name it does not send. Images are
 * fewer than the pages of a real client show (4.7 for each request), since they go around the caches that are compared.
 */
export const mixes = {
  /** 91 % reads, 44.7 likes per post: browsing a photo-sharing service. */
  'social-default': {
    feedPage: 4_200,
    photoPage: 2_500,
    profileGrid: 1_200,
    comments: 600,
    followers: 600,
    ...browsingWrites,
  },
  /** 70 % reads, as at Facebook's social graph with its transactions (TAOBench's workload A), and ten times the posts. */
  'write-heavy': {
    feedPage: 2_600,
    photoPage: 1_400,
    image: 1_600,
    profileGrid: 700,
    comments: 500,
    followers: 200,
    like: 2_300,
    comment: 330,
    follow: 100,
    unfollow: 40,
    post: 180,
    editCaption: 40,
    deletePhoto: 10,
  },
  /** The writes of social-default and images among its reads; between them, spikes (`star-spikes.ts`). */
  'star-spikes': {
    feedPage: 3_200,
    photoPage: 1_900,
    image: 2_200,
    profileGrid: 900,
    comments: 500,
    followers: 400,
    ...browsingWrites,
  },
  /** A crawler reads profile after profile, among people who read their feeds: 97 % reads. */
  crawl: {
    profileGrid: 3_000,
    photoPage: 2_000,
    image: 2_000,
    followers: 800,
    comments: 400,
    feedPage: 1_500,
    like: 240,
    comment: 30,
    follow: 15,
    unfollow: 5,
    post: 6,
    editCaption: 3,
    deletePhoto: 1,
  },
  /** Browsing, and for each forty requests somebody who logs in and out; every sixth password is wrong. */
  'log-ins': {
    feedPage: 5_550,
    photoPage: 3_000,
    logIn: 250,
    failedLogIn: 50,
    logOut: 250,
    ...browsingWrites,
  },
  /** Counters alone: 55 % reads. Hot ones are never cleared (`counter-requests.ts`). */
  counting: {
    getCount: 5_500,
    addCount: 3_490,
    addAndGetCount: 1_000,
    clearCount: 10,
  },
  /** Services read pages of metadata, and write single records: 98 % reads. */
  metadata: { metadataPage: 9_800, putMetadata: 200 },
  /** People look at pages full of photos. Images are not drawn: they follow from the pages that show them (`viewing-plan.ts`). */
  'photo-viewing': {
    feedPage: 4_600,
    profileGrid: 1_500,
    photoPage: 3_000,
    like: 760,
    comment: 80,
    follow: 30,
    unfollow: 10,
    post: 17,
    editCaption: 3,
  },
} as const satisfies Record<string, Partial<Record<SentOperationName, number>>>;

type Mixes = typeof mixes;
export type MixName = keyof Mixes;
/** What some mix sends: the service may have more. */
export type PlannedOperation = { [Name in MixName]: keyof Mixes[Name] }[MixName];

/** The shares of a mix, which has none of what it does not send. */
const sharesOf = (mix: MixName): Readonly<Partial<Record<PlannedOperation, number>>> => mixes[mix];

export const plannedOperations = [
  ...new Set(Object.values(mixes).flatMap((mix) => Object.keys(mix))),
] as readonly PlannedOperation[];

/**
 * Whether the photos and profiles that a mix reads are passed one after another, whether it has spikes, and whether the browsers of its
 * viewers keep images.
 */
type Manner = { readonly crawls: boolean; readonly hasSpikes: boolean; readonly hasBrowsers: boolean };

const plain: Manner = { crawls: false, hasSpikes: false, hasBrowsers: false };

export const manners: Readonly<Record<MixName, Manner>> = {
  'social-default': plain,
  'write-heavy': plain,
  'star-spikes': { ...plain, hasSpikes: true },
  crawl: { ...plain, crawls: true },
  'log-ins': plain,
  counting: plain,
  metadata: plain,
  'photo-viewing': { ...plain, hasBrowsers: true },
};

/** The operations that are drawn. The others are done once in each stretch of requests. */
export type DrawnOperation = Exclude<PlannedOperation, 'deletePhoto' | 'logOut'>;

const sharesInAll = 10_000;

/** One request in so many deletes a photo; null: none does. */
export function requestsPerDeletion(mix: MixName): number | null {
  const { deletePhoto } = sharesOf(mix);
  return deletePhoto === undefined ? null : sharesInAll / deletePhoto;
}

/** One request in so many logs somebody out; null: none does. */
export function requestsPerLogOut(mix: MixName): number | null {
  const { logOut } = sharesOf(mix);
  return logOut === undefined ? null : sharesInAll / logOut;
}

/** Finds the operation at a number in [0, 1), of all but those that have places of their own. Made once, since each request is drawn so. */
export function createOperationDraw(mix: MixName): (u: number) => DrawnOperation {
  const { deletePhoto = 0, logOut = 0, ...others } = sharesOf(mix);
  const drawn = Object.entries(others) as [DrawnOperation, number][];
  const sharesDrawn = sharesInAll - deletePhoto - logOut;
  return (u) => {
    let left = u * sharesDrawn;
    for (const [name, share] of drawn) {
      left -= share;
      if (left < 0) return name;
    }
    // What is lost in rounding belongs to the last one.
    return (drawn.at(-1) as [DrawnOperation, number])[0];
  };
}
