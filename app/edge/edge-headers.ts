import type { FastifyRequest } from 'fastify';
import type { LastHidings } from '../access/access-rights.ts';
import { entityNames, readEntities } from '../contract/entities.ts';
import type { EntityField } from '../contract/entities.ts';
import { edgeKeys, headers } from '../contract/headers.ts';
import { changesOf, operations, peopleOperations } from '../contract/operations.ts';
import type { OperationName, WriteName } from '../contract/operations.ts';
import type { App } from '../http/route-parts.ts';
import { isAskedByNobody } from '../http/viewer.ts';
import type { AskerOf } from '../http/viewer.ts';
import type { EdgeSettings } from './system.ts';

/** Under which keys the edge keeps an answer; null: it may not keep it. */
type KeysOfRead = (request: FastifyRequest) => readonly string[] | null;
/** Under which keys what the edge has must go. */
type KeysOfWrite = (request: FastifyRequest) => readonly string[];

export type EdgeHeaderParts = {
  readonly settings: EdgeSettings;
  /** Where counts are kept apart, a like changes no row. */
  readonly areCountsApart: boolean;
  readonly accountOf: AskerOf;
  readonly lastHidings: () => LastHidings;
};

/**
 * Says to the edge what it may keep, for how long, and what a write has changed, where the edge has passed the request on. Registered where
 * there is one: an answer is for everybody then, when nobody in particular has asked for it. Browsers are told to ask each time, since
 * nobody can purge them.
 */
export function registerEdgeHeaders(app: App, parts: EdgeHeaderParts): void {
  const reads = keysOfReads();
  const writes = keysOfWrites(parts);
  const versions = versionsOfWrites();
  const lifetime = lifetimeOf(parts.settings);
  app.addHook('onSend', (request, reply, payload, done) => {
    const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${request.routeOptions.url ?? ''}`;
    const kept = reply.statusCode === 200 ? (reads.get(route)?.(request) ?? null) : null;
    const isPage = kept !== null && !kept.includes(edgeKeys.images);
    if (isPage) reply.headers({ 'cache-control': 'public, max-age=0', vary: ofWhoAsks });
    // A request that comes past a dead edge has nobody who removes the headers that are for the edge alone.
    if (request.headers[capability] === undefined) return done(null, payload);
    if (isPage) reply.header(headers.edgeCacheControl, lifetime);
    if (kept !== null) reply.header(headers.surrogateKey, kept.join(' '));
    const { person, account } = parts.lastHidings();
    reply.header(headers.surrogateRights, `${person} ${account}`);
    const isDone = reply.statusCode < 400 || (reply.statusCode === 404 && deletions.includes(route));
    const changed = isDone ? (writes.get(route)?.(request) ?? []) : [];
    if (changed.length > 0) reply.header(headers.surrogatePurge, changed.join(' '));
    const made = reply.statusCode < 300 ? (versions.get(route)?.(request, payload) ?? null) : null;
    if (made !== null) reply.header(headers.surrogateVersion, made);
    done(null, payload);
  });
}

const capability = headers.surrogateCapability.toLowerCase();

/** Of a write that was done: which versions things have since, for the edge. */
type VersionsOfWrite = (request: FastifyRequest, payload: unknown) => string | null;

/** Those of the writes whose answers name one. What was deleted has none any more. */
function versionsOfWrites(): ReadonlyMap<string, VersionsOfWrite> {
  const { like, editCaption, comment, deletePhoto } = operations;
  const named = (entity: EntityField): VersionsOfWrite => {
    return (request, payload) => {
      const version = typeof payload === 'string' ? /"version":(\d+)/.exec(payload)?.[1] : undefined;
      return version === undefined ? null : `${keyOf(entity, paramOf(request, 'photoId'))}=${version}`;
    };
  };
  const gone: VersionsOfWrite = (request) =>
    (['photo', 'comments'] as const)
      .map((entity) => `${keyOf(entity, paramOf(request, 'photoId'))}=gone`)
      .join(' ');
  return new Map([
    [routeOf(like), named('photo')],
    [routeOf(editCaption), named('photo')],
    [routeOf(comment), named('comments')],
    [routeOf(deletePhoto), gone],
  ]);
}

/**
 * The request headers that answers depend on: another cache on the way must not give a page that is for everybody to
 * somebody who is logged in.
 */
const ofWhoAsks = `Authorization, Cookie, ${headers.viewer}`;

const routeOf = ({ method, route }: { readonly method: string; readonly route: string }): string =>
  `${method} ${route}`;
const ofAccount = routeOf(peopleOperations.deleteAccount);

/**
 * Operations that purge even where they are answered with 404. A client that repeats one, since the first answer was
 * lost, is told that there is nothing, and the entries must go all the same. They also go where the thing exists and
 * is hidden from the client: it could otherwise tell, by what is purged, that the thing exists.
 */
const deletions: readonly string[] = [
  ofAccount,
  ...Object.values(operations).flatMap((operation) => ('removes' in operation ? [routeOf(operation)] : [])),
];

function lifetimeOf({ edgeTtlMs, edgeStaleMs }: EdgeSettings): string {
  const [fresh, stale] = [edgeTtlMs / 1_000, edgeStaleMs / 1_000];
  return `max-age=${fresh}${stale === 0 ? '' : `, stale-while-revalidate=${stale}, stale-if-error=${stale}`}`;
}

const keyOf = (entity: EntityField, id: unknown): string => `${entityNames[entity]}-${String(id)}`;
const paramOf = ({ params }: FastifyRequest, name: string): unknown =>
  Object.entries(params ?? {}).find(([key]) => key === name)?.[1];

/**
 * The edge keeps images, whoever asks for them, and pages of people and photos where nobody in particular asks. A
 * feed belongs to its reader.
 */
function keysOfReads(): ReadonlyMap<string, KeysOfRead> {
  const pages = Object.entries(readEntities)
    .filter(([, { entity }]) => entity !== 'feed')
    .map(([name, { entity, param }]): [string, KeysOfRead] => [
      `GET ${operations[name as OperationName].route}`,
      (request) =>
        isAskedByNobody(request) ? [edgeKeys.pages, keyOf(entity, paramOf(request, param))] : null,
    ]);
  const images = (): readonly string[] => [edgeKeys.images];
  return new Map([...pages, [`GET ${operations.image.route}`, images], ['GET /media/:digest', images]]);
}

/**
 * By what the table of operations says that a write changes. After a change of rights no page may be shown that was made before, and
 * of a deleted photo none at all, whatever a candidate says of purges: their answer is the promise that it holds everywhere.
 */
function keysOfWrites({
  settings,
  areCountsApart,
  accountOf,
}: EdgeHeaderParts): ReadonlyMap<string, KeysOfWrite> {
  const idOf: Readonly<Record<EntityField, (request: FastifyRequest) => unknown>> = {
    photo: (request) => paramOf(request, 'photoId'),
    comments: (request) => paramOf(request, 'photoId'),
    profileGrid: (request) => paramOf(request, 'userId') ?? accountOf(request),
    followers: (request) => paramOf(request, 'userId'),
    feed: () => undefined,
  };
  const ofContent = Object.entries(operations).flatMap(([name, operation]): [string, KeysOfWrite][] => {
    if (!('changes' in operation)) return [];
    const changed = changesOf(name as WriteName, areCountsApart);
    const keysOf: KeysOfWrite = (request) =>
      changed.flatMap((entity) => {
        const id = idOf[entity](request);
        return id === undefined || id === null ? [] : [keyOf(entity, id)];
      });
    return [[routeOf(operation), keysOf]];
  });
  const { setPrivacy, block, unblock, acceptFollow } = peopleOperations;
  const ofRights = [setPrivacy, block, unblock, acceptFollow].map((operation): [string, KeysOfWrite] => [
    routeOf(operation),
    () => [edgeKeys.pages],
  ]);
  const ofDeletion: [string, KeysOfWrite] = [ofAccount, () => [edgeKeys.pages, edgeKeys.images]];
  const told = ofContent.filter(([route]) => settings.edgePurge === 'key' || deletions.includes(route));
  return new Map([...told, ...ofRights, ofDeletion]);
}
