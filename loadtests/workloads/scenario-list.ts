import type { MixName } from './operation-mix.ts';

export type Scenario = {
  readonly file: string;
  readonly mix: MixName;
  readonly summary: string;
  /** Why its worlds can only be measured together, in words that follow "since". Absent: they can take turns, too. */
  readonly onlyTogether?: string;
  /** Only candidates with another value of this axis than `without` answer what it asks. Absent: all do. */
  readonly answeredWith?: { readonly axis: string; readonly without: string };
};

/** Every scenario: its k6 script, and what it asks. */
export const scenarios = {
  'feed-browsing': {
    file: 'loadtests/scenarios/feed-browsing.ts',
    mix: 'social-default',
    summary: 'people browse their feeds, photos and profiles, like and comment: 91 % reads, 9 % writes',
  },
  posting: {
    file: 'loadtests/scenarios/posting.ts',
    mix: 'write-heavy',
    summary: 'people post, like, comment, follow and unfollow a lot: 70 % reads, 30 % writes, with images',
  },
  celebrity: {
    file: 'loadtests/scenarios/celebrity.ts',
    mix: 'star-spikes',
    summary:
      'a star posts once in 600 requests, and for 300 of them one photo takes up to 20 % of the reads and 50 % of the likes; with images',
  },
  'profile-crawl': {
    file: 'loadtests/scenarios/profile-crawl.ts',
    mix: 'crawl',
    summary:
      'a crawler reads profile after profile and photo after photo, each once before any comes again; with images',
  },
  'log-ins': {
    file: 'loadtests/scenarios/log-ins.ts',
    mix: 'log-ins',
    summary:
      'people log in, with a wrong password now and then, read their feeds and log out: 3 log-ins in 100 requests',
  },
  counting: {
    file: 'loadtests/scenarios/counting.ts',
    mix: 'counting',
    summary:
      'counters are added to, read, and now and then cleared, the hottest by one request in nine; 5 % of the adds are sent twice',
    onlyTogether:
      'adds carry the time at which they were sent, and the clocks of worlds that take turns stand still meanwhile',
  },
  'metadata-pages': {
    file: 'loadtests/scenarios/metadata-pages.ts',
    mix: 'metadata',
    summary:
      'services read pages of 100 records of metadata, about 256 KB each, and write single ones: 98 % reads; needs a gateway',
    answeredWith: { axis: 'gateway', without: 'off' },
  },
  'photo-viewing': {
    file: 'loadtests/scenarios/photo-viewing.ts',
    mix: 'photo-viewing',
    summary:
      'people look at pages full of photos, some without logging in; each has a browser that keeps images: what it has is counted and not sent',
    onlyTogether:
      'who answered is counted over whole rounds, and a block in turns begins with requests that do not count',
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
