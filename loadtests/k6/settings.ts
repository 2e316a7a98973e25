import { requireLoopback } from '../workloads/run-settings.ts';
import type { RunSettings } from '../workloads/run-settings.ts';

/** What a scenario does when it is run alone: the service that `darkroom up` starts, for half a minute. */
const alone = {
  worlds: [['http://127.0.0.1:4000']],
  seed: 1,
  people: 500,
  photos: 5_000,
  followers: 'heavy',
  mix: 'social-default',
  passes: [{ pass: 0, first: 0, requests: 1_500, pauseRequests: 0 }],
  ratePerSecond: 50,
  arrivals: 'poisson',
} as const;

/** The settings of this run: DARKROOM_CONFIG as JSON over the defaults, and what the script says itself. Throws for a target that is not loopback. */
export function readSettings(own: Partial<Pick<RunSettings, 'mix'>> = {}): RunSettings {
  const given = JSON.parse(__ENV['DARKROOM_CONFIG'] || '{}') as Partial<RunSettings>;
  const settings: RunSettings = Object.freeze({ ...alone, ...given, ...own });
  requireLoopback([...settings.worlds, ...(settings.replicasPastEdges ?? [])]);
  return settings;
}
