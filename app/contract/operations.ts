/**
 * Every operation of the service: its method and its route. The service declares its routes from this table, the load
 * scenarios build their requests from it, and the `name` tag of a request is its route.
 */
export const operations = {
  feedPage: { method: 'GET', route: '/users/:userId/feeds' },
  photoPage: { method: 'GET', route: '/photos/:photoId' },
  profileGrid: { method: 'GET', route: '/users/:userId/posts' },
  comments: { method: 'GET', route: '/photos/:photoId/comments' },
  commentsBy: { method: 'GET', route: '/users/:userId/posts/comments' },
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
} as const;

/** All that a load may send. To log in with a wrong password is an operation of its own, since it is answered otherwise. */
export const sentOperations = {
  ...operations,
  logIn: peopleOperations.logIn,
  failedLogIn: peopleOperations.logIn,
  logOut: peopleOperations.logOut,
} as const;

export type SentOperationName = keyof typeof sentOperations;

export type OperationName = keyof typeof operations;

/** Fills the `:name` parts of a route. Throws a RangeError when one is missing. */
export function pathOf(route: string, params: Readonly<Record<string, string | number>>): string {
  return route.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new RangeError(`no value for :${name} in ${route}`);
    return encodeURIComponent(String(value));
  });
}
