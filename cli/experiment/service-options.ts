import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import type { FollowerDistribution, PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { profiles } from './profiles.ts';

/** What the command line says of a service that runs outside of an experiment. */
export type ServiceOptions = {
  readonly people?: number;
  readonly photos?: number;
  /** Absent: heavy. */
  readonly followers?: FollowerDistribution;
  readonly replicas: number;
  readonly seed: number;
  readonly telemetry: TelemetryModeName;
};

/** The population of the seeded database. */
export function populationOf({ people, photos, followers, seed }: ServiceOptions): PopulationSize {
  return {
    seed,
    people: people ?? profiles.demo.people,
    photos: photos ?? profiles.demo.photos,
    followers: followers ?? 'heavy',
  };
}
