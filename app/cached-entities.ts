/**
 * The names of what is cached, and, per write, what it changes. Services invent no invalidation of their own: a write names
 * its row of this table, and storage says which versions the commit gave.
 */
export const entityNames = {
  photo: 'photo',
  comments: 'comments',
  profileGrid: 'profile_grid',
  followers: 'followers',
  feed: 'feed',
} as const;

/** What a changed row means to the cache: the things that are made of it, by the columns of their ids and versions. */
export const rowKeys = {
  photos: [
    { entityName: entityNames.photo, id: 'id', version: 'version' },
    { entityName: entityNames.comments, id: 'id', version: 'comments_version' },
  ],
  users: [
    { entityName: entityNames.profileGrid, id: 'id', version: 'grid_version' },
    { entityName: entityNames.followers, id: 'id', version: 'followers_version' },
  ],
} as const;

/** The entities that each write changes. A feed holds ids only and is not invalidated: its TTL bounds how old it may be. */
export const writeEffects = {
  like: ['photo'],
  comment: ['photo', 'comments'],
  follow: ['followers'],
  unfollow: ['followers'],
  // A new photo changes its own keys too: they may have been asked for, and remembered as absent, before it was there.
  post: ['photo', 'comments', 'profileGrid'],
  editCaption: ['photo'],
  deletePhoto: ['photo', 'comments', 'profileGrid'],
} as const satisfies Record<string, readonly (keyof typeof entityNames)[]>;

type Effects<W extends keyof typeof writeEffects> = (typeof writeEffects)[W][number];

/** The keys that a write will change, as far as their ids are known before it. */
export function expectedBy<W extends keyof typeof writeEffects>(
  write: W,
  ids: { readonly [E in Effects<W>]?: number },
) {
  return writeEffects[write].flatMap((name) => {
    const id = ids[name as Effects<W>];
    return id === undefined ? [] : [{ entity: { name: entityNames[name] }, id }];
  });
}

/** The changed keys of a write, from the id and the version of each entity that the table lists for it. */
export function changedBy<W extends keyof typeof writeEffects>(
  write: W,
  changes: { readonly [E in Effects<W>]: { readonly id: number; readonly version: number } },
) {
  return writeEffects[write].map((name) => {
    const { id, version } = changes[name as Effects<W>];
    return { entity: { name: entityNames[name] }, id, version };
  });
}
