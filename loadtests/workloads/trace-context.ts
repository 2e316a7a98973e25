import { tracedShare } from '../../app/contract/telemetry-modes.ts';
import { streams, uint32At } from './counter-random.ts';
import type { Place } from './schedule.ts';

/**
 * W3C trace context of a request. It depends on the request alone whether it is sampled, so that the same
 * requests are traced for every candidate. Half of the ids depends on the replica as well: all worlds get the
 * same requests, and with the same ids they would be one trace.
 */
export function traceparentOf(seed: number, { pass, request }: Place, target: string): string {
  const port = Number(target.slice(target.lastIndexOf(':') + 1));
  const word = (from: number, draw: number): number => uint32At(from, pass, streams.trace, request, draw);
  const ids = [0, 1, 2, 3, 4, 5].map((draw) => word(draw % 2 === 0 ? seed ^ port : seed, draw));
  const hex = ids.map((id) => id.toString(16).padStart(8, '0')).join('');
  const isSampled = word(seed, 6) < tracedShare * 2 ** 32;
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-${isSampled ? '01' : '00'}`;
}
