import { endingSecretOf, sessionSecretOf } from './session-tokens.ts';
import type { PlannedRequest } from './workload.ts';

/**
 * The secret of the session with which a request is sent (`session-tokens.ts`); null: it has none, since it
 * is to begin one, or its viewer is not logged in.
 */
export function secretOfRequest(
  seed: number,
  {
    operation,
    viewerId,
    session,
    isLoggedOut,
  }: Pick<PlannedRequest, 'operation' | 'viewerId' | 'session' | 'isLoggedOut'>,
): string | null {
  if (isLoggedOut === true) return null;
  if (operation === 'logIn' || operation === 'failedLogIn') return null;
  return session === undefined ? sessionSecretOf(seed, viewerId) : endingSecretOf(seed, session);
}
