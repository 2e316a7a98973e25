/** A published article that a part of the service is built after, and what its page begins with. */
export type PublishedSystem = { readonly prefix: string; readonly title: string; readonly source: string };

export const publishedSystems: readonly PublishedSystem[] = [
  {
    prefix: 'DI',
    title: 'Designing Instagram',
    source: 'http://highscalability.com/blog/2022/1/11/designing-instagram.html',
  },
  {
    prefix: 'ML',
    title: 'Multi-layered caching',
    source: 'https://dzone.com/articles/architectural-insights-designing-efficient-multi-l',
  },
  {
    prefix: 'DC',
    title: 'Distributed counter abstraction',
    source: 'https://netflixtechblog.com/netflixs-distributed-counter-abstraction-8d0c45eb66b2',
  },
  {
    prefix: 'TG',
    title: 'Consistent caching in Titus Gateway',
    source: 'https://netflixtechblog.com/consistent-caching-mechanism-in-titus-gateway-6cb89b9ce296',
  },
];

/** What Darkroom claims about each row: true when the tests whose names begin with its id pass. */
export const claims: Readonly<Record<string, string>> = {
  'DI-1':
    '`POST /users/{id}/posts` takes a multipart form and answers nine fields; the bytes of the image are at its `fullImageUrl`.',
  'DI-2':
    'A post is answered before its fan-out: while the worker is stopped posts succeed, and once it runs every follower’s feed has them.',
  'DI-3':
    'Below the threshold a post costs as many fan-out writes as its author has followers, and above it none.',
  'DI-4':
    'The feed of a reader who follows both kinds of people is the union of what they post, by time; both branches are read in parallel.',
  'DI-5': 'Every action is in storage and on the stream, and a consumer that is killed loses nothing.',
  'DI-6':
    'Followers of X, posts of X, and comments by Y on posts of X are exact, and walking their pages misses and repeats nothing while others write.',
  'DI-7':
    'The cache of active feeds is an LRU with bounds; a reader whose feed was evicted costs one recomputation, which is counted.',
  'DI-8': 'Feed rows expire; `order=ranked` lists a feed by score and `order=time`, the default, by time.',
  'ML-1':
    'A read passes the memory of its process, a Redis that the replicas share, and storage; images pass every HTTP cache on their way, the browser’s first and with `edge=on` that of the edge. The answer and its trace name the layer that gave it.',
  'ML-2':
    'Each layer counts what it answered, and in every round it adds up to the unit: requests of viewers are those that browsers, the edge and the service answered, reads are hits of memory and redis, joined loads, loads and bypasses.',
  'ML-3':
    'When the service restarts, its memory is empty and the shared tier is not: storage is not asked as at a cold start. How much less is on the page that `npm run layers-page` writes.',
  'ML-4':
    'Each layer has an eviction policy of its own: six for memory, those of Redis for Redis. Hit ratios are those of an independent implementation on the same trace and size, and what the service’s store hits is within 2 points of the simulator’s.',
  'ML-5':
    'Lifetime, jitter, tiers and invalidation are said by class in a file of candidates: photos, profiles and comments, each as rarely or as often as they change; counts live with what shows them, and deletions spare nothing.',
  'ML-6':
    'Read in another replica after a write, cache-aside is stale for up to its TTL where nothing tells of writes, all strategies are for as long as a message takes where something does, and write-behind for as long as a write waits besides.',
  'ML-7':
    'Any number of readers who miss one key at once make one load where loads are joined, and one each where they are not.',
  'ML-8':
    'While Redis is dead or frozen every request is answered; after a few attempts its circuit is open, which a gauge tells, and what it refuses is counted. While the edge is dead, viewers ask the replicas, and none of their requests fails.',
  'TG-1':
    'What is written through one gateway is in the next consistent read through any other, and what was read once is in every later read.',
  'DC-1':
    'Adding, adding and getting, getting and clearing take the same parameters in every mode, and only the configuration of a namespace says the mode.',
  'DC-2':
    'A token that is sent again counts once where events are kept; in a row, in Redis or in a sum of a process it counts as often as it is sent.',
  'DC-3': 'When answers are lost and senders try again, the count is the number of distinct tokens.',
  'DC-4':
    'An event older than the limit is refused with an error of its own; within the limit events may come in any order.',
  'DC-5':
    'A clear takes the events before it by their time, and at one time by their tokens, in whatever order they come.',
  'DC-6':
    'No rollup reads an event that others may still come before; after quiet of the window and of a cycle the count is exact.',
  'DC-7': 'Ten thousand operations on one counter between two cycles of a worker are one rollup.',
  'DC-8': 'A hint to roll up has no delta, and count and checkpoint are cached as one value.',
  'DC-9':
    'Two workers without locks count exactly; what a killed worker had in its queues stays stale until it is read, and heals within a cycle.',
  'DC-10':
    'A read of an eventual counter reads no event, one of an accurate counter those since its rollup, one of the raw log all; queues empty once writes stop, but for the counters of a low cardinality.',
  'TG-2':
    'A gateway sends one keep-alive per interval at most, whatever the rate of queries; at 1,000 a second and 5 ms, each answers five.',
  'TG-3':
    'While nothing changes, the acknowledgement comes within keep-alive interval, event gap and round trip by a dummy event; without dummies the read waits for the next change.',
  'TG-4':
    'A read waits for half of keep-alive interval, event gap and round trip on average, and for all of them at most, within a quarter; what real processes take is on the page that `npm run gateway-page` writes.',
  'TG-5':
    'While nobody leads, reads and writes are refused with 503 and may be sent again, and nothing stale is answered; a leader that stood still writes nothing; a deleted record does not come back.',
  'TG-6':
    'An eventual read does not wait and says how old it may be; beyond the limit the replica is bypassed, and a label says why.',
  'TG-7':
    'However much is asked of gateways, the leader is asked no more often, and answers none of their queries. That one more gateway adds throughput, processes that share two cores cannot show: the page that `npm run gateway-page` writes has the CPU per query of gateways and of the leader instead.',
  'TG-8':
    'Near the limit of the leader p99 is better with replicas, since pages cost the gateways what they cost the leader otherwise; by how much, and that p50 may be worse, is on the page that `npm run gateway-page` writes.',
};

/** Rows whose tests are still to come. The test of the page refuses an id here as soon as a test begins with it. */
export const unproven: readonly string[] = [];
