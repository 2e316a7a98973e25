/**
 * A system that is as small as one can be: an axis, a process that each world of a candidate runs for it, and a figure that is 0 in
 * most rounds. What a developer would write for it, by the names of the files.
 */
export const toyFiles = {
  'app/toy/system.ts': `
import { choice } from '../contract/axis-kinds.ts';
import type { SystemDefinition } from '../contract/system.ts';

const axes = {
  toy: {
    field: 'toy',
    meaning: 'whether a toy is played with beside the service',
    fallback: 'off',
    matters: ['feed-browsing'],
    ...choice(['off', 'on']),
  },
} as const;

export const toySystem: SystemDefinition<typeof axes> = {
  name: 'toy',
  summary: 'what it costs to play',
  axes,
  refuses: () => null,
  redisUses: () => [],
  processes: ({ toy }) =>
    toy === 'on' ? [{ name: 'toy', entry: 'toy.ts', count: 1, takesLoad: false, isScraped: true }] : [],
  figures: [
    {
      name: 'toysBroken',
      meaning: 'toys that broke in a round',
      unit: 'toys',
      from: { counter: 'toys_broken_total' },
      per: null,
      scale: 'plain',
      better: 'less',
      margin: () => 0.5,
      write: (value) => value.toFixed(1),
      title: 'broken toys',
      table: 'costs',
    },
  ],
};
`,
  'app/processes/toy.ts': `
import { Counter } from 'prom-client';
import { runProcess } from '../process/run-process.ts';

/** One is found broken at every third look, and a round looks twice: in one of three. */
await runProcess('toy', ({ registry }) => {
  let looks = 0;
  new Counter({
    ...{ name: 'toys_broken_total', help: 'Toys that broke.', registers: [registry] },
    collect() {
      looks += 1;
      if (looks % 3 === 0) this.inc();
    },
  });
  return { http: null, close: async () => {} };
});
`,
} as const;

/** A line of an existing file, below the one that says `marker`. */
export type AddedLine = { readonly file: string; readonly marker: string; readonly line: string };

/** The lines that make it known. */
export const toyLines: readonly AddedLine[] = [
  {
    file: 'app/systems.ts',
    marker: 'import { cacheSystem }',
    line: "import { toySystem } from './toy/system.ts';",
  },
  { file: 'app/systems.ts', marker: 'cache: cacheSystem,', line: '  toy: toySystem,' },
];

/** An axis of a system that is there already. */
export const glossLine: AddedLine = {
  file: 'app/cache/settings/cache-axes.ts',
  marker: 'export const sharedAxes = {',
  line: `
  gloss: {
    field: 'glossLayers',
    meaning: 'layers of gloss on every photo',
    fallback: 0,
    matters: 'all',
    ...wholeNumber(0, 9),
  },`,
};

/** A figure of a system that is there already. Nothing is ever glossed, so that its value is what the axis says. */
export const sheenLine: AddedLine = {
  file: 'app/cache/figures.ts',
  marker: 'const costs: readonly Figure[] = [',
  line: `
  {
    name: 'sheenPerPhoto',
    meaning: 'layers of gloss per photo that was glossed; where none was, as many as one would get',
    unit: 'layers',
    from: { counter: 'gloss_layers_total' },
    per: { counter: 'glossed_photos_total' },
    whenNone: ({ glossLayers }) => Number(glossLayers),
    scale: 'plain',
    better: 'less',
    margin: () => 0.5,
    write: fixed(1),
    title: 'sheen',
    table: 'costs',
  },`,
};

/** A write: one may wink at a photo, which leaves nothing behind but a new version of it. */
export const winkFiles = {
  'app/toy/winks.ts': `
import type { Cache } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import { operations } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { PhotoParams, Version } from '../http/schemas.ts';
import type { Queries, Statement } from '../storage/statement.ts';

const raiseVersion: Statement = {
  name: 'wink_at_photo',
  text: 'UPDATE photos SET version = version + 1 WHERE id = $1 AND deleted_at IS NULL RETURNING version',
};

function createWinks(cache: Cache, storage: Queries) {
  return (photoId: number) =>
    cache.write({
      expected: expectedBy('wink', { photo: photoId }),
      store: async () => {
        const [row] = await storage.query<{ version: number }>(raiseVersion, [photoId]);
        if (row === undefined) throw new DarkroomError('NOT_FOUND', 'There is no photo ' + photoId + '.');
        return { result: row, changed: changedBy('wink', { photo: { id: photoId, version: row.version } }) };
      },
    });
}

export function registerWinkRoutes(app: App, { viewerOf }: RouteParts, cache: Cache, storage: Queries): void {
  const wink = createWinks(cache, storage);
  app.route({
    method: operations.wink.method,
    url: operations.wink.route,
    schema: {
      params: PhotoParams,
      response: { 200: { type: 'object', required: ['version'], properties: { version: Version } } },
    },
    config: { problems: ['VIEWER_REQUIRED', 'NOT_FOUND'] },
    handler: async (request) => {
      viewerOf(request);
      return wink(request.params.photoId);
    },
  });
}
`,
} as const;

export const winkLines: readonly AddedLine[] = [
  {
    file: 'app/contract/operations.ts',
    marker: "editCaption: { method: 'PATCH'",
    line: "  wink: { method: 'PUT', route: '/photos/:photoId/wink', changes: ['photo'] },",
  },
  {
    file: 'app/build-app.ts',
    marker: 'import { createStorage }',
    line: "import { registerWinkRoutes } from './toy/winks.ts';",
  },
  {
    file: 'app/build-app.ts',
    marker: 'registerCommentRoutes(app, ',
    line: '  registerWinkRoutes(app, parts, cache, storage);',
  },
];

/** The same as a part of a feature that is split: one may nod at a photo. */
export const nodLines: readonly AddedLine[] = [
  {
    file: 'app/contract/operations.ts',
    marker: "editCaption: { method: 'PATCH'",
    line: "  nod: { method: 'PUT', route: '/photos/:photoId/nod', changes: ['photo'] },",
  },
  {
    file: 'app/comments/comment-store.ts',
    marker: 'export type CommentStore',
    line: `
const nodAtPhoto: Statement = {
  name: 'nod_at_photo',
  text: 'UPDATE photos SET version = version + 1 WHERE id = $1 AND deleted_at IS NULL RETURNING version',
};`,
  },
  {
    file: 'app/comments/comment-store.ts',
    marker: 'loadPage: async (photoId',
    line: `
    async nod(photoId: number): Promise<number | undefined> {
      const [row] = await storage.query<{ version: number }>(nodAtPhoto, [photoId]);
      return row?.version;
    },`,
  },
  {
    file: 'app/comments/comment-service.ts',
    marker: 'What this viewer (null: logged out) may see of them.',
    line: `
    nod: (photoId: number) =>
      cache.write({
        expected: expectedBy('nod', { photo: photoId }),
        store: async () => {
          const version = await commentStore.nod(photoId);
          if (version === undefined) throw noPhoto(photoId);
          return { result: { version }, changed: changedBy('nod', { photo: { id: photoId, version } }) };
        },
      }),`,
  },
  {
    file: 'app/comments/comment-routes.ts',
    marker: '): void {',
    line: `
  app.route({
    method: operations.nod.method,
    url: operations.nod.route,
    schema: {
      params: PhotoParams,
      response: { 200: { type: 'object', required: ['version'], properties: { version: Version } } },
    },
    config: { problems: ['VIEWER_REQUIRED', 'NOT_FOUND'] },
    handler: async (request) => {
      viewerOf(request);
      return commentService.nod(request.params.photoId);
    },
  });`,
  },
];
