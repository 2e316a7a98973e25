import { hash } from 'node:crypto';
import { sessionSecretOf } from '../../loadtests/workloads/session-tokens.ts';

/** Of the session that a seeded person has all the time. */
export const tokenOfPerson = (seed: number, personId: number): string =>
  hash('sha256', sessionSecretOf(seed, personId), 'base64url');
