import underPressure from '@fastify/under-pressure';
import type { FastifyRequest } from 'fastify';
import { DarkroomError } from '../errors.ts';
import { isProbe } from './rate-limits.ts';
import type { App } from './route-parts.ts';

/**
 * How often the event loop is looked at: long enough that a burst is no overload. When it had no time, requests are refused until it
 * is looked at again, so that a process that is asked for twice what it can do answers about half of it, in time.
 */
const sampleMs = 500;
/** Posting a photo takes more than any other request, and gives way first: by so many points of utilisation. */
const postsGiveWayPoints = 5;

const takesForm = ({ routeOptions }: FastifyRequest): boolean => routeOptions.config.form !== undefined;

/**
 * Refuses requests, before anything is done for them, while the event loop is busier than `abovePercent` of
 * its time: a client that is refused at once can try elsewhere, one that waits in a crowd cannot. Uploads are
 * refused first, probes never: whoever watches the process must hear that it lives.
 */
export async function shedLoad(app: App, abovePercent: number): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopUtilization: Math.max(1, abovePercent - postsGiveWayPoints) / 100,
    eventLoopUtilizationMode: 'interval',
    sampleInterval: sampleMs,
    pressureHandler: async (request, _reply, _type, utilization = 1) => {
      if (isProbe(request)) return;
      if (utilization * 100 <= abovePercent && !takesForm(request)) return;
      throw new DarkroomError(
        'OVERLOADED',
        `The service is busy for ${Math.round(utilization * 100)} % of its time; try again in a moment.`,
      );
    },
  });
}
