/** The names of what is cached. */
export const entityNames = {
  photo: 'photo',
  comments: 'comments',
  profileGrid: 'profile_grid',
  followers: 'followers',
  feed: 'feed',
} as const;

export type EntityField = keyof typeof entityNames;

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

/** What each read asks the cache for, by which parameter of its route. With the ids of a feed, it asks for the photos that they name. */
export const readEntities = {
  photoPage: { entity: 'photo', param: 'photoId' },
  comments: { entity: 'comments', param: 'photoId' },
  profileGrid: { entity: 'profileGrid', param: 'userId' },
  followers: { entity: 'followers', param: 'userId' },
  feedPage: { entity: 'feed', param: 'userId' },
} as const satisfies Record<string, { readonly entity: EntityField; readonly param: string }>;

/** How many things are on one page of a list. */
export const pageSizes = { feed: 10, profileGrid: 12, comments: 20, followers: 20 } as const;
