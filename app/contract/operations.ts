import type { EntityField } from './entities.ts';

type Operation = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly route: string;
  /**
   * Of a write: the entities that it changes. Services invent no invalidation of their own: they name a write of this table. A feed
   * holds ids only and is not invalidated: its TTL bounds how old it may be.
   */
  readonly changes?: readonly EntityField[];
  /** The same where counts are kept apart from the rows that they are of. Absent: as `changes`. */
  readonly changesWithCountsApart?: readonly EntityField[];
  /** What it changes is gone, and must not be shown any longer, whatever a candidate says of writes. */
  readonly removes?: true;
};

/**
 * Every operation of the service: its method, its route, and what a write changes. The service declares its routes from this table,
 * the load scenarios build their requests from it, and the `name` tag of a request is its route.
 */
export const operations = {
  feedPage: { method: 'GET', route: '/users/:userId/feeds' },
  photoPage: { method: 'GET', route: '/photos/:photoId' },
  profileGrid: { method: 'GET', route: '/users/:userId/posts' },
  comments: { method: 'GET', route: '/photos/:photoId/comments' },
  commentsBy: { method: 'GET', route: '/users/:userId/posts/comments' },
  followers: { method: 'GET', route: '/users/:userId/followers' },
  like: {
    method: 'PUT',
    route: '/photos/:photoId/like',
    changes: ['photo'],
    changesWithCountsApart: [],
  },
  comment: { method: 'POST', route: '/photos/:photoId/comments', changes: ['photo', 'comments'] },
  follow: { method: 'PUT', route: '/users/:userId/follow', changes: ['followers'] },
  unfollow: { method: 'DELETE', route: '/users/:userId/follow', changes: ['followers'] },
  // A new photo changes its own keys too: they may have been asked for, and remembered as absent, before it was there.
  post: { method: 'POST', route: '/users/:userId/posts', changes: ['photo', 'comments', 'profileGrid'] },
  editCaption: { method: 'PATCH', route: '/photos/:photoId', changes: ['photo'] },
  deletePhoto: {
    method: 'DELETE',
    route: '/photos/:photoId',
    changes: ['photo', 'comments', 'profileGrid'],
    removes: true,
  },
  image: { method: 'GET', route: '/media/:digest/:rendition' },
} as const satisfies Record<string, Operation>;

/** What people do with their accounts. Of these, loads send what is listed below. */
export const peopleOperations = {
  signUp: { method: 'POST', route: '/accounts' },
  logIn: { method: 'POST', route: '/sessions' },
  logOut: { method: 'DELETE', route: '/sessions/current' },
  logOutEverywhere: { method: 'DELETE', route: '/sessions' },
  deleteAccount: { method: 'DELETE', route: '/users/:userId' },
  setPrivacy: { method: 'PUT', route: '/users/:userId/privacy' },
  block: { method: 'PUT', route: '/users/:userId/block' },
  unblock: { method: 'DELETE', route: '/users/:userId/block' },
  followRequests: { method: 'GET', route: '/users/:userId/follow-requests' },
  acceptFollow: { method: 'PUT', route: '/users/:userId/follow-requests/:followerId' },
  declineFollow: { method: 'DELETE', route: '/users/:userId/follow-requests/:followerId' },
} as const satisfies Record<string, Operation>;

/** What operators and other services ask of the metadata that a leader owns. Kinds are posts and profiles. */
export const gatewayOperations = {
  metadataPage: { method: 'GET', route: '/metadata/:kind' },
  metadataRecord: { method: 'GET', route: '/metadata/:kind/:recordId' },
  putMetadata: { method: 'PUT', route: '/metadata/:kind/:recordId' },
  deleteMetadata: { method: 'DELETE', route: '/metadata/:kind/:recordId' },
} as const satisfies Record<string, Operation>;

/** What counts, by name: a counter of a namespace. */
export const counterOperations = {
  addCount: { method: 'POST', route: '/counters/:namespace/:counter/add' },
  addAndGetCount: { method: 'POST', route: '/counters/:namespace/:counter/add-and-get' },
  getCount: { method: 'GET', route: '/counters/:namespace/:counter' },
  clearCount: { method: 'POST', route: '/counters/:namespace/:counter/clear' },
} as const satisfies Record<string, Operation>;

/** Every route that the tables name, once. */
export const knownRoutes = (): readonly string[] => [
  ...new Set(
    [operations, peopleOperations, gatewayOperations, counterOperations].flatMap((table) =>
      Object.values<Operation>(table).map(({ route }) => route),
    ),
  ),
];

/** All that a load may send. To log in with a wrong password is an operation of its own, since it is answered otherwise. */
export const sentOperations = {
  ...operations,
  logIn: peopleOperations.logIn,
  failedLogIn: peopleOperations.logIn,
  logOut: peopleOperations.logOut,
  ...counterOperations,
  metadataPage: gatewayOperations.metadataPage,
  putMetadata: gatewayOperations.putMetadata,
} as const;

export type SentOperationName = keyof typeof sentOperations;

export type OperationName = keyof typeof operations;

/** The writes that change what is cached. */
export type WriteName = {
  [Name in OperationName]: (typeof operations)[Name] extends Required<Pick<Operation, 'changes'>>
    ? Name
    : never;
}[OperationName];

/**
 * The entities that a write changes. Where counts are kept apart (`counter` is not `row`), a like changes no row that anything is made
 * of; a follow does, since the list of the newest followers is beside their number.
 */
export function changesOf(write: WriteName, areCountsApart: boolean): readonly EntityField[] {
  const { changes, ...others } = operations[write];
  return areCountsApart && 'changesWithCountsApart' in others ? others.changesWithCountsApart : changes;
}

/** Fills the `:name` parts of a route. Throws a RangeError when one is missing. */
export function pathOf(route: string, params: Readonly<Record<string, string | number>>): string {
  return route.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new RangeError(`no value for :${name} in ${route}`);
    return encodeURIComponent(String(value));
  });
}
