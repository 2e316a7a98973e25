/**
 * Every operation of the service: its method and its route. The service declares its routes from this table, the load
 * scenarios build their requests from it, and the `name` tag of a request is its route.
 */
export const operations = {
  feedPage: { method: 'GET', route: '/users/:userId/feeds' },
  photoPage: { method: 'GET', route: '/photos/:photoId' },
  profileGrid: { method: 'GET', route: '/users/:userId/posts' },
  comments: { method: 'GET', route: '/photos/:photoId/comments' },
  followers: { method: 'GET', route: '/users/:userId/followers' },
  like: { method: 'PUT', route: '/photos/:photoId/like' },
  comment: { method: 'POST', route: '/photos/:photoId/comments' },
  follow: { method: 'PUT', route: '/users/:userId/follow' },
  unfollow: { method: 'DELETE', route: '/users/:userId/follow' },
  post: { method: 'POST', route: '/users/:userId/posts' },
  editCaption: { method: 'PATCH', route: '/photos/:photoId' },
  deletePhoto: { method: 'DELETE', route: '/photos/:photoId' },
  image: { method: 'GET', route: '/media/:digest/:rendition' },
} as const;

export type OperationName = keyof typeof operations;

/** Fills the `:name` parts of a route. Throws a RangeError when one is missing. */
export function pathOf(route: string, params: Readonly<Record<string, string | number>>): string {
  return route.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new RangeError(`no value for :${name} in ${route}`);
    return encodeURIComponent(String(value));
  });
}
