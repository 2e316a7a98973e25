import exec from 'k6/execution';
import http from 'k6/http';
import { pathOf, peopleOperations } from '../../app/contract/operations.ts';
import type { RunSettings } from '../workloads/run-settings.ts';
import { sessionSecretOf } from '../workloads/session-tokens.ts';
import { asSession, timeout } from './send.ts';

/** The first person is in every population. */
const personId = 1;

/**
 * Asks each world one question that only the person of a seeded session may ask, before the load begins. A service that knows no such
 * session was not seeded for this load, and would refuse every request. One that does not answer, or cannot, is what a load may measure.
 */
export function trySessions({ worlds, seed }: Pick<RunSettings, 'worlds' | 'seed'>): void {
  const path = pathOf(peopleOperations.followRequests.route, { userId: personId });
  for (const [target] of worlds) {
    const { status } = http.get(`${target}${path}`, {
      timeout,
      tags: { name: 'session' },
      headers: asSession(sessionSecretOf(seed, personId)),
    });
    if ([401, 403, 404].includes(status))
      exec.test.abort(
        `${target} knows no session of the people of seed ${seed}: it answered ${status}. It was filled with another seed, by an earlier release or by hand. Say in DARKROOM_CONFIG with which seed, people and photos it was filled, or fill an empty database by "darkroom seed --seed ${seed}".`,
      );
  }
}
