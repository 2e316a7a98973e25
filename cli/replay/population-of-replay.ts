import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { CommandError } from '../errors.ts';
import { profiles } from '../experiment/profiles.ts';
import type { RecordedRequest } from '../recordings/recording.ts';
import type { RecordedLoad } from './read-load.ts';
import type { Identifiers } from './requests-of-recording.ts';

/** What the command line says of the seeded database; absent: as the recording says, or as many as it takes. */
export type PopulationWanted = Partial<PopulationSize>;

/** Seeding takes a second for each ten thousand. Beyond this somebody has to ask for it. */
const photosByItselfMax = 50_000;
/** Recordings that name no people still have viewers. */
const photosMin = 20;

/**
 * Whose identifiers a recording has. Plain ones of our own service mean the same again, in a database that is
 * seeded the same; all others are numbered anew.
 */
export const identifiersOf = ({ meta, isForeign }: Pick<RecordedLoad, 'meta' | 'isForeign'>): Identifiers =>
  !isForeign && meta.identifiers === 'plain' ? 'seeded' : 'numbered';

/** Whether a request is about a photo. */
const photoOperations: ReadonlySet<string> = new Set([
  'photoPage',
  'comments',
  'like',
  'comment',
  'editCaption',
  'image',
]);

export const isOfPhoto = ({ operation }: RecordedRequest): boolean => photoOperations.has(operation);

/** The seeded database that a recording is replayed on. Throws a usage error where it would not hold what the recording asks for. */
export function populationOfReplay(load: RecordedLoad, wanted: PopulationWanted): PopulationSize {
  const { meta } = load;
  const { demo } = profiles;
  const size: PopulationSize = {
    seed: wanted.seed ?? meta.seed ?? 1,
    people: wanted.people ?? meta.people ?? demo.people,
    photos: wanted.photos ?? meta.photos ?? demo.photos,
    followers: wanted.followers ?? meta.followers ?? 'heavy',
  };
  if (identifiersOf(load) === 'seeded') {
    requireSame(meta, wanted);
    return size;
  }
  const objects = new Set(load.requests.filter(isOfPhoto).map(({ subject }) => subject)).size;
  if (objects <= size.photos) return size;
  if (wanted.photos === undefined && objects <= photosByItselfMax)
    return { ...size, photos: Math.max(photosMin, objects) };
  throw new CommandError(
    'usage',
    `The recording has ${objects} objects, and the seeded database would have ${wanted.photos ?? photosByItselfMax} photos: each object becomes a photo of its own.`,
    {
      remedy: `Take --photos ${objects}, which are seeded once; or, of replay, --sample, which sends the requests for a part of the objects.`,
    },
  );
}

/** In another database the identifiers would be those of other people and photos. */
function requireSame(meta: RecordedLoad['meta'], wanted: PopulationWanted): void {
  for (const name of ['seed', 'people', 'photos', 'followers'] as const) {
    if (wanted[name] === undefined || meta[name] === undefined || wanted[name] === meta[name]) continue;
    throw new CommandError(
      'usage',
      `--${name} ${wanted[name]} makes another database than the one whose identifiers the recording has: its ${name} was ${meta[name]}.`,
      { remedy: `Leave --${name} out: a recording with plain identifiers says what it was.` },
    );
  }
}
