import type { LightMyRequestResponse } from 'fastify';
import { createSeededDatabase, startTestApp } from '../support/test-app.ts';
import type { Ask, TestApp } from '../support/test-app.ts';
import { createTestRedis } from '../support/databases.ts';
import { leakRoutes } from './leak-routes.ts';
import type { LeakRoute } from './leak-routes.ts';
import { closeDoors, roles, setScene } from './leak-scene.ts';
import type { Role } from './leak-scene.ts';

export const cacheStates = ['warm memory', 'warm redis', 'cold'] as const;
export type CacheState = (typeof cacheStates)[number];

/** One question of the matrix. Null: as it should be. */
export type LeakCell = {
  readonly candidate: string;
  readonly state: CacheState;
  readonly route: string;
  readonly role: Role;
  /** What was seen that should not be. */
  readonly leak: string | null;
  /** What was not seen, or answered otherwise, though it should be. */
  readonly mistake: string | null;
};

/** Puts something between who asks and a replica: a twin of the service that does it wrong. */
export type Twin = (ask: TestApp['ask']) => TestApp['ask'];
const faithful: Twin = (ask) => ask;

/** Who may see nothing comes first: what others read would be in memory by then. */
const inOrder: readonly Role[] = ['stranger', 'blocked', 'logged out', 'follower', 'owner'];

type Asker = (route: LeakRoute, role: Role) => Promise<LightMyRequestResponse>;

function createAsker(ask: TestApp['ask'], cursors: ReadonlyMap<string, string>): Asker {
  return (route, role) => {
    const viewer = roles[role];
    const options: Ask = {
      ...(viewer !== null && { viewer }),
      ...(route.body !== undefined && { body: route.body }),
    };
    return ask(route.method, route.path(role, cursors.get(route.pageOf ?? '') ?? ''), options);
  };
}

function judge(
  route: LeakRoute,
  role: Role,
  answer: LightMyRequestResponse,
): Pick<LeakCell, 'leak' | 'mistake'> {
  const { statusCode, body } = answer;
  const told = `${statusCode} ${body.slice(0, 200)}`;
  if (route.shownTo.includes(role)) {
    const isShown = statusCode < 300 && route.secrets.every((text) => body.includes(text));
    return { leak: null, mistake: isShown ? null : told };
  }
  const isSeen = route.secrets.some((text) => body.includes(text));
  const expected = route.refusal?.[role];
  const isExpected = expected === undefined ? statusCode < 500 : statusCode === expected;
  return { leak: isSeen ? told : null, mistake: isExpected ? null : told };
}

async function readCursors(app: TestApp): Promise<ReadonlyMap<string, string>> {
  const cursors = new Map<string, string>();
  for (const { pageOf } of leakRoutes) {
    if (pageOf === undefined) continue;
    const page = await app.ask('GET', pageOf, { viewer: roles.owner });
    cursors.set(pageOf, page.json<{ nextCursor: string | null }>().nextCursor ?? '');
  }
  return cursors;
}

async function readAll(asker: Asker, readers: readonly Role[]): Promise<void> {
  // Twice: what was missed once may be kept by then.
  for (let times = 0; times < 2; times += 1)
    for (const route of leakRoutes)
      for (const role of readers) if (route.method === 'GET') await asker(route, role);
}

/**
 * Asks every route as everybody, with one candidate, in every state of its caches. All have read while all was open, on the
 * replica whose memory is warm; then the doors are closed, and those who may read do so again.
 */
export async function runLeakMatrix(
  candidate: string,
  {
    redisUrl = createTestRedis().url,
    twin = faithful,
    states = cacheStates,
  }: { readonly redisUrl?: string; readonly twin?: Twin; readonly states?: readonly CacheState[] } = {},
): Promise<readonly LeakCell[]> {
  await using opened = new AsyncDisposableStack();
  const database = await createSeededDatabase();
  opened.defer(database.drop);
  const start = async (keyPrefix: string): Promise<TestApp> => {
    const environment = { REDIS_URL: redisUrl, DARKROOM_REDIS_PREFIX: keyPrefix };
    const app = await startTestApp({ candidate, databaseUrl: database.url, environment });
    opened.defer(app.close);
    return app;
  };
  const { keyPrefix } = createTestRedis();
  const app = await start(keyPrefix);
  await setScene(app);
  const cursors = await readCursors(app);
  // Doors are closed by way of what stands in between.
  const ask = twin(app.askAgain);
  const asker = createAsker(ask, cursors);
  await readAll(asker, inOrder);
  await closeDoors({ ...app, ask });
  await readAll(asker, ['follower', 'owner']);
  const startAsker = async (prefix: string) => createAsker((await start(prefix)).askAgain, cursors);
  let beside: Promise<Asker> | undefined;
  const askerIn: Readonly<Record<CacheState, () => Promise<Asker>>> = {
    'warm memory': async () => asker,
    'warm redis': () => (beside ??= startAsker(keyPrefix)),
    cold: () => startAsker(createTestRedis().keyPrefix),
  };
  const cells: LeakCell[] = [];
  for (const state of states)
    for (const role of inOrder) {
      const ask = await askerIn[state]();
      for (const route of leakRoutes)
        cells.push({
          candidate,
          state,
          role,
          route: route.name,
          ...judge(route, role, await ask(route, role)),
        });
    }
  return cells;
}

/** What went wrong, a line each. */
export function describeCells(cells: readonly LeakCell[]): string[] {
  return cells.flatMap(({ candidate, state, route, role, leak, mistake }) => [
    ...(leak === null ? [] : [`LEAK ${candidate}, ${state}, ${route}, ${role}: ${leak}`]),
    ...(mistake === null ? [] : [`mistake ${candidate}, ${state}, ${route}, ${role}: ${mistake}`]),
  ]);
}
