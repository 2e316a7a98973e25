import type { MixName } from './operation-mix.ts';

export type Scenario = { readonly file: string; readonly mix: MixName; readonly summary: string };

/** Every scenario: its k6 script, and what it asks. */
export const scenarios = {
  'feed-browsing': {
    file: 'loadtests/scenarios/feed-browsing.ts',
    mix: 'social-default',
    summary: 'people browse their feeds, photos and profiles, like and comment: 91 % reads, 9 % writes',
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
