/** A published article that a part of the service is built after, and what its page begins with. */
export type PublishedSystem = { readonly prefix: string; readonly title: string; readonly source: string };

export const publishedSystems: readonly PublishedSystem[] = [
  {
    prefix: 'DI',
    title: 'Designing Instagram',
    source: 'http://highscalability.com/blog/2022/1/11/designing-instagram.html',
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
  'TG-1':
    'What is written through one gateway is in the next consistent read through any other, and what was read once is in every later read.',
  'TG-2':
    'A gateway sends one keep-alive per interval at most, whatever the rate of queries; at 1,000 a second and 5 ms, each answers five.',
  'TG-3':
    'While nothing changes, the acknowledgement comes within keep-alive interval, event gap and round trip by a dummy event; without dummies the read waits for the next change.',
};

/** Rows whose tests are still to come. The test of the page refuses an id here as soon as a test begins with it. */
export const unproven: readonly string[] = [];
