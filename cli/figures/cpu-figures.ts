import { usualMargin } from '../../app/contract/figure.ts';
import type { Figure } from '../../app/contract/figure.ts';
import { fixed } from '../../app/contract/figure-text.ts';

function cpuPerRequest(name: string, cpu: string, meaning: string, own: Partial<Figure>): Figure {
  return {
    name,
    meaning,
    unit: 'µs per request',
    from: { cpu },
    per: 'request',
    scale: 'ratio',
    better: 'less',
    margin: () => usualMargin,
    write: fixed(0),
    title: name,
    table: null,
    ...own,
  };
}

const column = { column: 'CPU µs/req', table: 'costs' } as const;

/**
 * The CPU that a request costs the processes that serve it, and the driver that sends it. What servers use
 * without load is taken off.
 */
export const cpuFigures: readonly Figure[] = [
  cpuPerRequest('serviceCpuUsPerRequest', 'service', 'CPU of the replicas', { ...column, title: 'app' }),
  cpuPerRequest('postgresCpuUsPerRequest', 'postgres', 'CPU of PostgreSQL', { ...column, title: 'pg' }),
  cpuPerRequest('redisCpuUsPerRequest', 'redis', 'CPU of Redis', { ...column, title: 'redis' }),
  cpuPerRequest('driverCpuUsPerRequest', 'driver', 'CPU of the driver, which no candidate pays', {}),
  cpuPerRequest('cpuUsPerRequest', 'world', 'CPU of all that serves: service, stores, further processes', {
    words: 'CPU per request of service and stores',
    isTold: true,
  }),
];
