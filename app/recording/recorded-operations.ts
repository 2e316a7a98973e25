import { entityNames } from '../contract/entities.ts';
import {
  counterOperations,
  gatewayOperations,
  operations,
  peopleOperations,
} from '../contract/operations.ts';
import { imageIdOf } from '../contract/recorded-event.ts';
import type { RecordedThing } from '../contract/recorded-event.ts';

/** Operations by what their requests show: a method and a route. */
const names: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...operations, ...peopleOperations, ...gatewayOperations, ...counterOperations }).map(
    ([name, { method, route }]) => [`${method} ${route}`, name],
  ),
);

/** Undefined: no operation of the service, such as a health check. HEAD does what GET does, and asks caches for the same. */
export function operationOf(method: string, route: string): string | undefined {
  return names.get(`${method === 'HEAD' ? 'GET' : method} ${route}`);
}

/** What a request is about, from the parameters of its route. */
export function subjectOf(params: unknown): { readonly thing: RecordedThing; readonly id: number } {
  const textOf = (name: string): string | undefined => {
    if (typeof params !== 'object' || params === null) return undefined;
    const value = (params as Record<string, unknown>)[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const [photo, person, digest] = [textOf('photoId'), textOf('userId'), textOf('digest')];
  if (photo !== undefined) return { thing: 'photo', id: Number(photo) };
  if (person !== undefined) return { thing: 'person', id: Number(person) };
  if (digest !== undefined) return { thing: 'image', id: imageIdOf(digest) };
  return { thing: 'none', id: 0 };
}

const ofPhotos: ReadonlySet<string> = new Set([entityNames.photo, entityNames.comments]);

/** Whose identifiers the keys of what is cached are. */
export function thingOfEntity(name: string): RecordedThing {
  return ofPhotos.has(name) ? 'photo' : 'person';
}
