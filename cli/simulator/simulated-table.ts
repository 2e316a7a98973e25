import { binarySize } from '../../app/contract/figure-text.ts';
import { alignColumns, foldColumns } from '../report/text-columns.ts';
import type { Curve } from './curve.ts';
import type { SimulatedCandidate } from './simulate-recording.ts';

export type NamedSimulation = { readonly name: string; readonly simulated: SimulatedCandidate };

const share = (ratio: number | null): string => (ratio === null ? '–' : (ratio * 100).toFixed(1));
const whole = (count: number): string => count.toLocaleString('en-US');

const isLeft = (column: number): boolean => column === 0;

/** What candidates would have done, a line each. */
export function simulatedTable(simulations: readonly NamedSimulation[]): readonly string[] {
  const titles = ['hit % of reads', 'mem', 'redis', 'all', 'bytes', 'loads', 'mem used', 'evicted'];
  const lines = simulations.map(({ name, simulated }) => [
    name,
    share(simulated.hitRatio.memory),
    share(simulated.hitRatio.redis),
    share(simulated.hitRatio.all),
    share(simulated.byteHitRatio.all),
    whole(simulated.loads),
    binarySize(simulated.memoryBytesMax),
    whole(simulated.evictions),
  ]);
  return foldColumns([titles, ...lines], isLeft);
}

const methodOf = ({ method, sampledShare }: Curve): string => {
  if (method === 'distances') return 'exact, by stack distances';
  return method === 'simulated'
    ? 'simulated at each size'
    : `of ${(sampledShare * 100).toFixed(1)} % of the objects`;
};

const withError = (ratio: number, error: number | null): string =>
  error === null ? share(ratio) : `${share(ratio)} ±${share(error)}`;

/** Hit ratios of all curves by size, and how they were found. */
export function curvesTable(curves: readonly Curve[]): readonly string[] {
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ bytes }) => bytes)))].toSorted(
    (a, b) => a - b,
  );
  const titles = ['hit % (of bytes)', ...curves.map(({ policy }) => policy)];
  const lines = sizes.map((size) => [
    binarySize(size),
    ...curves.map(({ points }) => {
      const point = points.find(({ bytes }) => bytes === size);
      if (point === undefined) return '–';
      return `${withError(point.hitRatio, point.hitRatioError)} (${share(point.byteHitRatio)})`;
    }),
  ]);
  const methods = curves.map((curve) => `${curve.policy}: ${methodOf(curve)}.`);
  return [...alignColumns([titles, ...lines], isLeft), '', ...methods];
}
