import { nameMetric, tellNoiseFloor } from './change-text.ts';
import type { CompareResult } from './compare-result.ts';

function describeRounds({ order, rounds, measureSeconds, parts }: CompareResult['manifest']): string {
  const count = order.length === rounds ? `${rounds}` : `${order.length} of ${rounds}`;
  const starts = parts > 1 ? `, ${parts} starts` : '';
  return `${count} ${rounds === 1 ? 'round' : 'rounds'} of ${measureSeconds} s${starts}`;
}

/** What was compared, under which load, for how long, and how much identical worlds differed: in parts that must not be torn. */
export function headlineOf({ manifest, control }: CompareResult): string[] {
  const { pacing, rate } = manifest;
  const floor =
    control.noiseFloorPct === null
      ? 'noise floor unknown'
      : `noise floor (A/A′) ${tellNoiseFloor(manifest.primary, control.noiseFloorPct)}`;
  return [
    `${nameMetric(manifest.primary)} of ${manifest.scenario}`,
    `${rate.perSecond} requests/s per candidate, ${pacing === 'together' ? 'together' : 'in turns'}`,
    `${manifest.arrivals} arrivals`,
    describeRounds(manifest),
    `${manifest.people} people${manifest.followers === 'even' ? ' with even followers' : ''}, ${manifest.photos} photos`,
    `seed ${manifest.seed}`,
    floor,
  ];
}
