import type {
  AccountRow,
  CommentRow,
  FollowRow,
  LikeRow,
  PersonRow,
  PhotoRow,
  SeedRows,
  SessionRow,
} from '../../app/contract/seed-rows.ts';
import { seedEpochMs } from '../../app/contract/seed-rows.ts';
import { drawsOf, randomAt, streams, uint32At } from './counter-random.ts';
import { endingSessionCount, ownerOfSession } from './ending-sessions.ts';
import { accountCount, accountPasswordHash, firstAccountId, logInNameOf } from './log-in-accounts.ts';
import { reserveSizeOf } from './photo-reserve.ts';
import { createOwnerOf, spanHours } from './population.ts';
import type { Population } from './population.ts';
import { sampleOf } from './sample-photos.ts';
import { endingSecretOf, sessionSecretOf } from './session-tokens.ts';
import type { SocialGraph } from './social-graph.ts';
import { createZipf } from './zipf.ts';

const hourMs = 3_600_000;
const syllables = [
  'ka',
  'lo',
  'mi',
  'ren',
  'sa',
  'tu',
  'vel',
  'no',
  'ri',
  'dan',
  'es',
  'ha',
  'jo',
  'li',
  'mar',
  'pe',
];
const words = [
  'light',
  'harbour',
  'morning',
  'street',
  'old',
  'river',
  'winter',
  'quiet',
  'market',
  'roof',
  'hills',
  'walk',
  'friends',
  'blue',
  'evening',
  'home',
];
/** Likes and comments of a photo follow a Zipf law too: most get few, some get many. */
const likesMax = 60;
const commentsMax = 12;
const countAlpha = 1;

function word(list: readonly string[], seed: number, stream: number, index: number, draw: number): string {
  return list[uint32At(seed, 1, stream, index, draw) % list.length] as string;
}

function nameOf(seed: number, index: number): string {
  const part = (draw: number) => word(syllables, seed, streams.names, index, draw);
  const given = part(0) + part(1);
  const family = part(2) + part(3) + part(4);
  return [given, family].map((name) => name.charAt(0).toUpperCase() + name.slice(1)).join(' ');
}

function sentence(seed: number, stream: number, index: number): string {
  const length = 2 + (uint32At(seed, 2, stream, index) % 5);
  return Array.from({ length }, (_, draw) => word(words, seed, stream, index, draw)).join(' ');
}

/** `wanted` different people, drawn for one photo. */
function differentPeople(population: Population, stream: number, index: number, wanted: number): number[] {
  const { seed, people } = population.size;
  const chosen = new Set<number>();
  for (let draw = 0; chosen.size < Math.min(wanted, people) && draw < wanted * 4; draw += 1) {
    chosen.add((uint32At(seed, 3, stream, index, draw) % people) + 1);
  }
  return [...chosen];
}

function createdAtMs(population: Population, index: number): number {
  return Math.round(seedEpochMs - (population.photoAgeHours[index] as number) * hourMs);
}

function peopleRows({ size }: Population): PersonRow[] {
  return Array.from({ length: size.people }, (_, index) => ({
    id: index + 1,
    name: nameOf(size.seed, index),
    createdAtMs: seedEpochMs - 2 * 365 * 24 * hourMs + index * 1000,
  }));
}

function photoRow(seed: number, index: number, ownerId: number, createdAtMs: number): PhotoRow {
  const { digest, widthPx, heightPx } = sampleOf(index + 1);
  const caption = sentence(seed, streams.text, index);
  return { id: index + 1, ownerId, caption, digest, widthPx, heightPx, createdAtMs };
}

/** Photos that are asked for, and behind them the reserve, which is older than they are. */
function photoRows(population: Population): PhotoRow[] {
  const { size, photoOwner } = population;
  const { seed, photos } = size;
  const ownerOf = createOwnerOf(size);
  const asked = photoOwner.map((ownerId, index) =>
    photoRow(seed, index, ownerId, createdAtMs(population, index)),
  );
  const oldestMs = seedEpochMs - spanHours * hourMs;
  const reserved = Array.from({ length: reserveSizeOf(photos) }, (_, place) => {
    const index = photos + place;
    return photoRow(seed, index, ownerOf(index), oldestMs - (place + 1) * 1_000);
  });
  return [...asked, ...reserved];
}

function followRows({ size }: Population, { following }: SocialGraph): FollowRow[] {
  return following.flatMap((followed, index) =>
    followed.map((followedId, link) => ({
      followerId: index + 1,
      followedId,
      createdAtMs:
        seedEpochMs - Math.floor(randomAt(size.seed, 4, streams.followed, index, link) * 365 * 24) * hourMs,
    })),
  );
}

/** The witnesses. Their ids come after those that a request may name, so that no load ever meets them. */
function witnessesOf({ size: { people } }: Population) {
  const [authorId, followerId] = [people + 1, people + 2];
  const createdAtMs = seedEpochMs;
  return {
    people: [
      { id: authorId, name: 'Witness Author', createdAtMs },
      { id: followerId, name: 'Witness Follower', createdAtMs },
    ],
    follows: [{ followerId, followedId: authorId, createdAtMs }],
    witnesses: [{ authorId, followerId }],
  };
}

/** Longer than any experiment. */
const sessionYears = 100;

/** Everybody is logged in all the time, and has some sessions besides that a load may end. */
function sessionRows({ size }: Population): SessionRow[] {
  const { seed, people } = size;
  const expiresAtMs = seedEpochMs + sessionYears * 365 * 24 * hourMs;
  const lasting = Array.from({ length: people }, (_, index) => ({
    personId: index + 1,
    secret: sessionSecretOf(seed, index + 1),
    expiresAtMs,
  }));
  const ending = Array.from({ length: endingSessionCount(size) }, (_, session) => ({
    personId: ownerOfSession(size, session),
    secret: endingSecretOf(seed, session),
    expiresAtMs,
  }));
  return [...lasting, ...ending];
}

/** People who do nothing but log in. */
function accountsOf({ size }: Population): { readonly people: PersonRow[]; readonly accounts: AccountRow[] } {
  const ids = Array.from({ length: accountCount }, (_, index) => firstAccountId(size) + index);
  return {
    people: ids.map((id) => ({ id, name: nameOf(size.seed, id - 1), createdAtMs: seedEpochMs })),
    accounts: ids.map((personId) => ({
      personId,
      logInName: logInNameOf(size.seed, personId),
      passwordHash: accountPasswordHash,
    })),
  };
}

/** Every row of a seeded database, decided by the population's seed alone. */
export function seedDatabase(population: Population, graph: SocialGraph): SeedRows {
  const { seed } = population.size;
  const likes: LikeRow[] = [];
  const comments: CommentRow[] = [];
  const drawLikes = createZipf(likesMax, countAlpha);
  const drawComments = createZipf(commentsMax, countAlpha);
  for (const index of population.photoOwner.keys()) {
    const photoId = index + 1;
    const postedAtMs = createdAtMs(population, index);
    const likers = drawLikes(drawsOf(seed, 0, streams.likes, index)) - 1;
    for (const personId of differentPeople(population, streams.likes, index, likers)) {
      likes.push({ photoId, personId, createdAtMs: postedAtMs });
    }
    const authors = drawComments(drawsOf(seed, 0, streams.comments, index)) - 1;
    for (const [place, authorId] of differentPeople(population, streams.comments, index, authors).entries()) {
      const id = comments.length + 1;
      comments.push({
        id,
        photoId,
        authorId,
        text: sentence(seed, streams.comments, id),
        createdAtMs: postedAtMs + place * 60_000,
      });
    }
  }
  const witness = witnessesOf(population);
  const loggingIn = accountsOf(population);
  return {
    people: [...peopleRows(population), ...witness.people, ...loggingIn.people],
    photos: photoRows(population),
    follows: [...followRows(population, graph), ...witness.follows],
    likes,
    comments,
    witnesses: witness.witnesses,
    sessions: sessionRows(population),
    accounts: loggingIn.accounts,
  };
}
