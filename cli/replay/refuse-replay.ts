import { warmUpFactorMax } from '../experiment/together/warm-up-together.ts';
import { CommandError } from '../errors.ts';
import { requestsWrittenMax } from '../k6/request-plans.ts';
import type { RecordedLoad } from './read-load.ts';
import { placesPerSecondMax, requestsPerRoundMin } from './plan-rounds.ts';

/** Throws a usage error where so few requests can be sent that nothing could be said of them. `timesMs` are as they would be sent. */
export function requireSome(timesMs: Float64Array, { cutBy }: Pick<RecordedLoad, 'cutBy'>): void {
  const { length } = timesMs;
  if (length >= requestsPerRoundMin) return;
  const what = length === 1 ? '1 request' : `${length === 0 ? 'No' : length} requests`;
  throw new CommandError(
    'usage',
    `${what} of this recording can be sent${cutBy === null ? '' : ' within the time limit'}; with fewer than ${requestsPerRoundMin} nothing can be compared.`,
    {
      remedy:
        cutBy === null
          ? 'Take a longer recording. docs/replay.md says which requests can be sent again.'
          : 'Take a longer --time-limit, or a higher --speed.',
    },
  );
}

/** Throws a usage error where a higher speed than the recorded one asks for more than a generator can send. */
export function requireSendable(
  timesMs: Float64Array,
  { speed, worlds }: { readonly speed: number; readonly worlds: number },
): void {
  const lastedSeconds = (timesMs.at(-1) ?? 0) / 1000;
  const rate = timesMs.length / Math.max(0.001, lastedSeconds);
  const most = Math.floor(placesPerSecondMax / worlds);
  if (speed <= 1 || rate <= most) return;
  const speedMax = Math.max(1, (most * speed * lastedSeconds) / timesMs.length);
  throw new CommandError(
    'usage',
    `--speed ${speed} asks for ${rate.toFixed(0)} requests/s of each of ${worlds} worlds; at most ${most} can be sent.`,
    {
      remedy: `Take --speed ${Number(speedMax.toPrecision(2))} at most, or slo, which finds what the candidates carry.`,
    },
  );
}

/** Throws a usage error where a warm-up would have more requests than can be written down for the generator. */
export function requireShortWarmUp({
  replicas,
  warmUpRequests,
}: {
  readonly replicas: number;
  readonly warmUpRequests: number;
}): void {
  const most = Math.floor(requestsWrittenMax / warmUpFactorMax / replicas);
  if (warmUpRequests <= most) return;
  throw new CommandError(
    'usage',
    `--warm-up-requests ${warmUpRequests} for each of ${replicas} replicas cannot be planned.`,
    { remedy: `Take --warm-up-requests ${most} at most.` },
  );
}
