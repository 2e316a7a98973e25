import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { parseCandidate } from '../app/candidates/parse-candidate.ts';
import { createFeedSource } from '../app/feeds/create-feed-source.ts';
import { uncounted } from '../app/feeds/feed-events.ts';
import type { FeedSource, InSpan } from '../app/feeds/feed-source.ts';
import { createFeedStore, firstPlace } from '../app/feeds/feed-store.ts';
import { pageSizes } from '../app/contract/entities.ts';
import { createStorage } from '../app/storage/postgres.ts';
import type { Storage } from '../app/storage/postgres.ts';
import { profiles } from '../cli/experiment/profiles.ts';
import { startPostgres } from '../cli/stack/postgres-server.ts';
import { startServerRun } from '../cli/stack/server-run.ts';
import { ensureSeededTemplate } from '../cli/worlds/seeded-template.ts';
import type { Assignment, Bench, Lab, OpenedBench, Prepared } from './harness/bench.ts';

/** So few followers make a celebrity of the small population that most readers follow some. */
const { feeds: settings } = parseCandidate('feed=hybrid,celebrity=50');
const readersMax = 200;
const warmUpReads = 300;
const reads = { near: 2_000, far: 300 } as const;
/** What a network within one region adds each way, about. */
const oneWayMs = 1;

const oneByOne = 'both branches, one after the other';
const together = 'both branches at the same time, as the service reads';
const keptAlone = 'what is kept, alone';
const pulledAlone = 'what celebrities have posted, alone';

const place = firstPlace(pageSizes.feed + 1);

/** As the service makes it, but for how its branches are begun. */
function openFeeds(storage: Storage, feed: 'push' | 'hybrid', inSpan: InSpan): FeedSource {
  const { feedSource } = createFeedSource({
    settings: { ...settings, feed },
    storage,
    clock: { now: Date.now },
    observe: uncounted,
    inSpan,
    runInBackground: () => {
      throw new RangeError('a feed that is measured is not kept');
    },
  });
  return feedSource;
}

const atOnce: InSpan = (_, work) => work();

/** Each branch waits for the one before it. */
function inTurns(): InSpan {
  let before: Promise<unknown> = Promise.resolve();
  return (_, work) => {
    const own = before.then(work);
    before = own;
    return own;
  };
}

type Read = (readerId: number) => Promise<unknown>;

const makers: Readonly<Record<string, (storage: Storage) => Read>> = {
  [oneByOne]: (storage) => (readerId) => openFeeds(storage, 'hybrid', inTurns()).read(readerId, place),
  [together]: (storage) => (readerId) => openFeeds(storage, 'hybrid', atOnce).read(readerId, place),
  [keptAlone]: (storage) => (readerId) => openFeeds(storage, 'push', atOnce).read(readerId, place),
  [pulledAlone]: (storage) => {
    const store = createFeedStore(storage);
    return (readerId) => store.gatherPulled(readerId, place);
  },
};

/** A server behind a link on which everything takes `oneWayMs` longer in each direction. */
async function openSlowLink(serverUrl: string): Promise<{ readonly url: string; readonly server: Server }> {
  const { hostname, port } = new URL(serverUrl);
  const carry = (from: Socket, to: Socket): void => {
    from.setNoDelay(true);
    from.on('data', (bytes: Buffer) => setTimeout(() => to.write(bytes), oneWayMs));
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    carry(near, far);
    carry(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(serverUrl);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: through.href, server };
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** One read after another, so that nothing waits but for its own branches. */
async function medianReadMs(read: Read, readers: readonly number[], count: number): Promise<number> {
  const readNth = (index: number) => read(readers[index % readers.length] ?? 0);
  for (let index = 0; index < warmUpReads; index += 1) await readNth(index);
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startedAtMs = performance.now();
    await readNth(index);
    times.push(performance.now() - startedAtMs);
  }
  return medianOf(times);
}

type Part = { readonly url: string; readonly readers: readonly number[] };

async function prepare({ label, part }: Assignment): Promise<Prepared> {
  const make = makers[label];
  if (make === undefined) throw new RangeError(`nothing is called ${label}`);
  const { url, readers } = JSON.parse(part) as Part;
  const link = await openSlowLink(url);
  const measureAt = async (address: string, count: number): Promise<number> => {
    const storage = createStorage(address, 2, () => {});
    try {
      return await medianReadMs(make(storage), readers, count);
    } finally {
      await storage.close();
    }
  };
  return {
    info: '',
    measure: async () => {
      const nearMs = await measureAt(url, reads.near);
      const farMs = await measureAt(link.url, reads.far);
      link.server.close();
      return { farMs, nearMs };
    },
  };
}

/** Lists the celebrities, and keeps the feeds of some who follow one. */
async function keepFeeds(url: string): Promise<number[]> {
  const storage = createStorage(url, 2, () => {});
  try {
    const list = 'INSERT INTO pulled_authors SELECT id FROM users WHERE follower_count >= $1';
    await storage.query({ name: 'list_celebrities', text: list }, [settings.celebrityFollowers]);
    const readers = await storage.query<{ id: number }>(
      {
        name: 'select_readers',
        text: `SELECT DISTINCT follower_id AS id FROM follows JOIN pulled_authors ON author_id = followed_id
               ORDER BY follower_id LIMIT $1`,
      },
      [readersMax],
    );
    for (const { id } of readers) {
      const fills: Promise<unknown>[] = [];
      const parts = { settings, storage, clock: { now: Date.now }, observe: uncounted, inSpan: atOnce };
      const runInBackground = (_: string, work: Promise<unknown>) => void fills.push(work);
      await createFeedSource({ ...parts, runInBackground }).feedSource.read(id, place);
      await Promise.all(fills);
    }
    await storage.query({ name: 'analyze', text: 'ANALYZE' }, []);
    return readers.map(({ id }) => id);
  } finally {
    await storage.close();
  }
}

async function open(lab: Lab): Promise<OpenedBench> {
  const { context, checkout } = lab;
  await using started = new AsyncDisposableStack();
  const postgres = await startPostgres(context);
  started.defer(postgres.stop);
  const run = await startServerRun(postgres.adminUrl, checkout);
  started.defer(run.end);
  const stack = { context, checkout, postgres, run, clock: { now: lab.now } };
  const { people, photos } = profiles.demo;
  const template = await ensureSeededTemplate(stack, { seed: 1, people, photos, followers: 'heavy' });
  const database = `darkroom_world_${run.id}_bench`;
  await postgres.createDatabase(database, run.mark('world'), { template });
  started.defer(() => postgres.dropDatabase(database));
  const url = postgres.urlOf(database);
  const part = JSON.stringify({ url, readers: await keepFeeds(url) } satisfies Part);
  const running = started.move();
  return {
    round: async (label) => (await lab.launch(label, part)).measure(),
    close: () => running.disposeAsync(),
  };
}

const beside = (metric: string, against: string, limit: number) =>
  ({ contestant: together, metric, relation: 'ratio', against, sense: 'at-most', limit }) as const;

export const parallelBranchesBench: Bench = {
  name: 'parallel-branches',
  question: 'Does a hybrid feed take as long as the longer of its two branches, or as long as both?',
  method: [
    'A hybrid feed reads what is kept for its reader, and gathers what the celebrities have posted whom the reader follows: each a query, on a connection of its own. The first page of 200 readers of a seeded service, one read after another; the median of 300 reads with a network between, and of 2,000 without. 500 people, 5,000 photos; who has 50 followers or more is a celebrity.',
    'The branches are the same code in all rows, down to the statements. One after the other: the second one begins when the first one has its answer.',
    `The network is a link in the process that reads, on which every packet takes ${oneWayMs} ms longer each way, and up to one more for the timer. Without it, PostgreSQL is on the same machine, and much of a branch is work of the one process that reads, which nothing makes parallel: there the longer branch is a floor that cannot be reached.`,
  ],
  metrics: [
    { key: 'farMs', title: 'read, a network between', unit: 'ms', decimals: 2 },
    { key: 'nearMs', title: 'read, on one machine', unit: 'ms', decimals: 2 },
  ],
  reference: oneByOne,
  targets: [
    beside('farMs', oneByOne, 0.7),
    beside('farMs', pulledAlone, 1.2),
    beside('nearMs', oneByOne, 0.9),
  ],
  contestants: Object.keys(makers),
  rounds: 15,
  open,
  prepare,
};
