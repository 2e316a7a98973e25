import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { profiles } from './profiles.ts';

/** What the command line says of a service that runs outside of an experiment. */
export type ServiceOptions = {
  readonly people?: number;
  readonly photos?: number;
  readonly replicas: number;
  readonly seed: number;
  readonly telemetry: TelemetryModeName;
};

/** People and photos of the seeded database. */
export function populationOf({ people, photos }: ServiceOptions): {
  readonly people: number;
  readonly photos: number;
} {
  return { people: people ?? profiles.demo.people, photos: photos ?? profiles.demo.photos };
}
