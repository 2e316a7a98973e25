import { setTimeout as wait } from 'node:timers/promises';
import type { AccessRights, LastHidings, RightsChanges } from './access/access-rights.ts';
import { createRights } from './access/create-rights.ts';
import { registerAccountRoutes, registerDeletionRoute } from './accounts/account-routes.ts';
import { createAccountService } from './accounts/account-service.ts';
import { createAccountStore } from './accounts/account-store.ts';
import { createDeletionService } from './accounts/deletion-service.ts';
import { createDeletionStore } from './accounts/deletion-store.ts';
import { createForgetPictures } from './accounts/forget-pictures.ts';
import type { Pictures } from './accounts/forget-pictures.ts';
import { createForgottenPicturesStore } from './accounts/forgotten-pictures-store.ts';
import { createPasswordHashing } from './accounts/password-hashing.ts';
import type { BackgroundTasks } from './background-tasks.ts';
import { registerBlockRoutes } from './blocks/block-routes.ts';
import { createBlockService } from './blocks/block-service.ts';
import { createBlockStore } from './blocks/block-store.ts';
import type { Cache } from './cache/cache.ts';
import { withLongestLifetime } from './classes/system.ts';
import { longestCachedMs } from './cache/reads/lifetimes.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { CountedChanges } from './counters/counted-changes-service.ts';
import { registerFollowRequestRoutes } from './follows/follow-request-routes.ts';
import { createFollowRequestService } from './follows/follow-request-service.ts';
import { createFollowRequestStore } from './follows/follow-request-store.ts';
import { createLoginThrottle, unthrottled } from './http/login-throttle.ts';
import type { App, RouteParts } from './http/route-parts.ts';
import { registerPrivacyRoutes } from './privacy/privacy-routes.ts';
import { createPrivacyService } from './privacy/privacy-service.ts';
import { createPrivacyStore } from './privacy/privacy-store.ts';
import type { ProcessParts } from './process/process-parts.ts';
import { registerSessionRoutes } from './sessions/session-routes.ts';
import { createSessionService } from './sessions/session-service.ts';
import type { SessionService } from './sessions/session-service.ts';
import { createSessionStore } from './sessions/session-store.ts';
import type { Storage } from './storage/postgres.ts';

/** What is known of people: who may see whom, and who is logged in. */
export type People = {
  readonly rights: AccessRights;
  readonly rightsChanges: RightsChanges;
  readonly sessionService: SessionService;
  readonly areRightsKnown: () => boolean;
  /** Questions about rights that were refused so far. */
  readonly rightsRefusals: () => number;
  /** What has been hidden last, as far as this replica has heard. */
  readonly lastHidings: () => LastHidings;
  /** From here on nothing is known. */
  forget(): Promise<void>;
};

/** Resolves when rights are known, or cannot be had for now. */
export async function knowPeople(
  { config, clock, uniqueId }: ProcessParts,
  storage: Storage,
  runInBackground: BackgroundTasks['run'],
): Promise<People> {
  const { known, changes, lastHidings } = createRights({
    storage,
    replica: { id: `${config.replica}:${uniqueId()}`, feedKind: config.candidate.feeds.feed },
    leaseMs: config.rightsLeaseMs,
    remembered: { clock, goneMs: longestCachedMs(withLongestLifetime(config.candidate)) },
    runInBackground,
  });
  const sessionStore = createSessionStore(storage);
  const sessionService = createSessionService({
    sessionStore,
    rightsLog: known,
    rightsChanges: changes,
    clock,
  });
  await known.start();
  return {
    rights: known,
    rightsChanges: changes,
    sessionService,
    areRightsKnown: known.isKnown,
    rightsRefusals: known.refusals,
    lastHidings,
    forget: known.stop,
  };
}

export type PeopleParts = {
  readonly config: Pick<Config, 'isLab' | 'loginThrottle'>;
  readonly parts: RouteParts;
  readonly cache: Cache;
  /** Of the world: log-ins that have failed are forgotten by it, and claims of pictures end. */
  readonly clock: Clock;
  readonly storage: Storage;
  readonly people: People;
  readonly pictures: Pictures;
  readonly counts: { readonly changes: CountedChanges };
  readonly runInBackground: BackgroundTasks['run'];
};

/** What people may do about their accounts, and about who sees them. */
export function registerPeople(app: App, peopleParts: PeopleParts): void {
  const { config, parts, cache, clock, storage, people } = peopleParts;
  const { changes: counted } = peopleParts.counts;
  const { rights, rightsChanges, sessionService } = people;
  const requestStore = createFollowRequestStore(storage, counted);
  const requestService = createFollowRequestService({ cache, rights, rightsChanges, requestStore });
  const blockService = createBlockService({
    cache,
    rightsChanges,
    blockStore: createBlockStore(storage, counted),
  });
  const privacyStore = createPrivacyStore(storage, counted.areApart);
  const privacyService = createPrivacyService({ rightsChanges, privacyStore });
  const accountService = createAccountService({
    accountStore: createAccountStore(storage),
    sessionService,
    hashing: createPasswordHashing(),
    throttle: isThrottled(config) ? createLoginThrottle(clock) : unthrottled,
  });
  registerFollowRequestRoutes(app, parts, requestService);
  registerBlockRoutes(app, parts, blockService);
  registerPrivacyRoutes(app, parts, privacyService);
  registerSessionRoutes(app, parts, sessionService);
  registerAccountRoutes(app, accountService);
  registerDeletion(app, peopleParts);
}

/** All log-ins of a load come from one address, which would be locked out by the fiftieth that fails. */
const isThrottled = ({ isLab, loginThrottle }: PeopleParts['config']): boolean =>
  loginThrottle === 'auto' ? !isLab : loginThrottle === 'on';

function registerDeletion(
  app: App,
  { parts, cache, clock, storage, people, pictures, counts, runInBackground }: PeopleParts,
): void {
  const deletionStore = createDeletionStore(storage, counts.changes);
  const { rightsChanges } = people;
  const forgetPictures = createForgetPictures({
    pictureStore: createForgottenPicturesStore(storage),
    pictures,
    clock,
    runInBackground,
    // Nothing waits for it when the process ends.
    wait: (ms) => wait(ms, undefined, { ref: false }),
  });
  const deletionService = createDeletionService({ cache, deletionStore, rightsChanges, forgetPictures });
  registerDeletionRoute(app, parts, deletionService);
  // Removes the pictures that were left by deletions whose process has died.
  runInBackground('pictures of deleted accounts', forgetPictures());
}
