import type { FastifyRequest } from 'fastify';
import { headers } from '../contract/headers.ts';
import { DarkroomError } from '../errors.ts';
import { tokenOf } from './session-cookie.ts';

/** Who asks. Throws VIEWER_REQUIRED when nobody is named. */
export type ViewerOf = (request: FastifyRequest) => number;

/** Who asks where nobody needs to be named; null: logged out. */
export type AskerOf = (request: FastifyRequest) => number | null;

const viewerHeader = headers.viewer.toLowerCase();

/** A session names who asks. In lab mode a header may do so too, and is believed. Throws SESSION_ENDED for a session that is none. */
export function createAskerOf(isLab: boolean): AskerOf {
  return (request) => {
    const text = isLab ? request.headers[viewerHeader] : undefined;
    if (typeof text !== 'string') {
      if (request.sessionPerson === 'ended')
        throw new DarkroomError('SESSION_ENDED', 'This session has ended; log in again, or ask without it.');
      return request.sessionPerson;
    }
    const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (id < 1 || id > 2_147_483_647) {
      throw new DarkroomError('INVALID_REQUEST', `${headers.viewer} takes the id of a person.`);
    }
    return id;
  };
}

/** Whether a request names nobody in any way, so that its answer is for everybody. */
export const isAskedByNobody = ({ headers: sent }: FastifyRequest): boolean =>
  sent.authorization === undefined && sent[viewerHeader] === undefined && tokenOf(sent) === null;

/** The person for whom a request is made; null where nobody is named, or nobody who can be. */
export function createAccountOf(askerOf: AskerOf): AskerOf {
  return (request) => {
    try {
      return askerOf(request);
    } catch {
      return null;
    }
  };
}

export function createViewerOf(askerOf: AskerOf): ViewerOf {
  return (request) => {
    const id = askerOf(request);
    if (id === null) throw new DarkroomError('VIEWER_REQUIRED', 'This request needs a viewer: log in.');
    return id;
  };
}

/** Throws FORBIDDEN unless the viewer is that person. */
export function requireSelf(viewerId: number, personId: number): void {
  if (viewerId !== personId) throw new DarkroomError('FORBIDDEN', 'Only the person may do this.');
}
