import type { FastifyRequest } from 'fastify';
import { headers } from '../contract/headers.ts';
import { DarkroomError } from '../errors.ts';

/** Who asks. Throws VIEWER_REQUIRED when nobody is named. */
export type ViewerOf = (request: FastifyRequest) => number;

/** In lab mode a header names the viewer and is believed; outside of it nobody can be named yet. */
export function createViewerOf(isLab: boolean): ViewerOf {
  return (request) => {
    const text = isLab ? request.headers[headers.viewer.toLowerCase()] : undefined;
    if (typeof text !== 'string') throw new DarkroomError('VIEWER_REQUIRED', 'This request needs a viewer.');
    const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (id < 1 || id > 2_147_483_647) {
      throw new DarkroomError('INVALID_REQUEST', `${headers.viewer} takes the id of a person.`);
    }
    return id;
  };
}

/** Throws FORBIDDEN unless the viewer is that person. */
export function requireSelf(viewerId: number, personId: number): void {
  if (viewerId !== personId) throw new DarkroomError('FORBIDDEN', 'Only the person may do this.');
}
