import { DarkroomError } from '../errors.ts';
import type { EdgeUsage } from './edge-events.ts';

const names = {
  refreshes: 'MAIN.s_bgfetch',
  evictions: 'MAIN.n_lru_nuked',
  objects: 'MAIN.n_object',
  memoryBytes: 'SMA.s0.g_bytes',
} as const;

/** What `varnishstat -j` says. Throws EDGE_FAILED where something that is wanted is not in it. */
export function parseStatistics(text: string): EdgeUsage {
  const whole: unknown = JSON.parse(text);
  // Later versions put the counters one step deeper.
  const counters = fieldOf(whole, 'counters') ?? whole;
  const valueOf = (name: string): number => {
    const value = fieldOf(fieldOf(counters, name), 'value');
    if (typeof value === 'number') return value;
    throw new DarkroomError('EDGE_FAILED', `Varnish counts no ${name}.`);
  };
  return {
    refreshes: valueOf(names.refreshes),
    evictions: valueOf(names.evictions),
    objects: valueOf(names.objects),
    memoryBytes: valueOf(names.memoryBytes),
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
