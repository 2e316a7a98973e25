import type { Method } from '../support/test-app.ts';
import { village } from '../support/village-rows.ts';
import { roles, secret, secretDigest, secretName } from './leak-scene.ts';
import type { Role } from './leak-scene.ts';

/** One way to ask for what may be hidden. */
export type LeakRoute = {
  readonly name: string;
  readonly method: Method;
  /** `cursor`: of the list's second page, as the owner was given it; of the first one empty. */
  readonly path: (role: Role, cursor: string) => string;
  /** The list whose second page it is. */
  readonly pageOf?: string;
  readonly body?: object;
  /** What an answer must have for who may see it, and must not have for all others. */
  readonly secrets: readonly string[];
  readonly shownTo: readonly Role[];
  /** The answers of who may see nothing; absent: any, as long as it is no failure of the server. */
  readonly refusal?: Partial<Record<Role, number>>;
};

const { owner } = roles;
const insiders: readonly Role[] = ['owner', 'follower'];
const allButBlocked: readonly Role[] = ['owner', 'follower', 'stranger', 'logged out'];
const hidden = { stranger: 404, blocked: 404, 'logged out': 404 };
const photo = 31;
const query = (cursor: string): string => (cursor === '' ? '' : `?cursor=${cursor}`);

const comments = `/photos/${photo}/comments`;
const grid = `/users/${owner}/posts`;
const followers = `/users/${owner}/followers`;
/** Of the person who asks; who is logged out has none. */
const feed = (role: Role): string => `/users/${roles[role] ?? owner}/feeds`;

/** Every route that shows what somebody has posted or written, and the writes that would tell whether it is there. */
export const leakRoutes: readonly LeakRoute[] = [
  {
    name: 'photo',
    method: 'GET',
    path: () => `/photos/${photo}`,
    secrets: [secret, secretDigest],
    shownTo: insiders,
    refusal: hidden,
  },
  {
    name: 'comments',
    method: 'GET',
    path: () => comments,
    secrets: [secret],
    shownTo: insiders,
    refusal: hidden,
  },
  {
    name: 'comments, second page',
    method: 'GET',
    path: (_, cursor) => comments + query(cursor),
    pageOf: comments,
    secrets: [secret],
    shownTo: insiders,
    refusal: hidden,
  },
  {
    name: 'comments by somebody on their posts',
    method: 'GET',
    path: () => `${grid}/comments?by=4`,
    secrets: [secret],
    shownTo: insiders,
    refusal: hidden,
  },
  {
    name: 'their comments on the posts of somebody',
    method: 'GET',
    path: () => `/users/${village.busy}/posts/comments?by=${owner}`,
    secrets: ['seen by most'],
    shownTo: allButBlocked,
  },
  {
    name: 'grid',
    method: 'GET',
    path: () => grid,
    secrets: [secretDigest],
    shownTo: insiders,
    refusal: { blocked: 404 },
  },
  {
    name: 'grid, second page',
    method: 'GET',
    path: (_, cursor) => grid + query(cursor),
    pageOf: grid,
    secrets: [secretDigest],
    shownTo: insiders,
    refusal: { blocked: 404 },
  },
  {
    name: 'followers',
    method: 'GET',
    path: () => followers,
    secrets: ['Person 2'],
    shownTo: insiders,
    refusal: { blocked: 404 },
  },
  {
    name: 'followers, second page',
    method: 'GET',
    path: (_, cursor) => followers + query(cursor),
    pageOf: followers,
    secrets: ['Person '],
    shownTo: insiders,
    refusal: { blocked: 404 },
  },
  {
    name: 'feed',
    method: 'GET',
    path: feed,
    secrets: [secretDigest, secret],
    shownTo: ['follower'],
    refusal: { 'logged out': 401 },
  },
  {
    name: 'photo of another one, below which the person has written',
    method: 'GET',
    path: () => '/photos/1',
    secrets: [secretName],
    shownTo: allButBlocked,
  },
  {
    name: 'comments of another one, among which the person has written',
    method: 'GET',
    path: () => '/photos/1/comments',
    secrets: [secretName],
    shownTo: allButBlocked,
  },
  {
    name: 'followers of another one, whom the person follows',
    method: 'GET',
    path: () => `/users/${village.famous}/followers`,
    secrets: [secretName],
    shownTo: allButBlocked,
  },
  {
    name: 'requests to follow',
    method: 'GET',
    path: () => `/users/${owner}/follow-requests`,
    secrets: ['requests'],
    shownTo: ['owner'],
    refusal: { follower: 403, stranger: 403, blocked: 403, 'logged out': 401 },
  },
  ...[`likes/${photo}`, `views/${photo}`, `followers/${owner}`].map((counter) => ({
    name: `counter ${counter}`,
    method: 'GET' as const,
    path: () => `/counters/${counter}`,
    secrets: ['"count"'],
    shownTo: [],
    refusal: { owner: 403, follower: 403, stranger: 403, blocked: 403, 'logged out': 401 },
  })),
  {
    name: 'like',
    method: 'PUT',
    path: () => `/photos/${photo}/like`,
    secrets: ['numberOfLikes'],
    shownTo: insiders,
    refusal: { stranger: 404, blocked: 404, 'logged out': 401 },
  },
  {
    name: 'comment',
    method: 'POST',
    path: () => comments,
    body: { comment: `${secret} too` },
    secrets: ['version'],
    shownTo: insiders,
    refusal: { stranger: 404, blocked: 404, 'logged out': 401 },
  },
  {
    name: 'caption',
    method: 'PATCH',
    path: () => `/photos/${photo}`,
    body: { caption: secret },
    secrets: ['version'],
    shownTo: ['owner'],
    refusal: { follower: 403, stranger: 404, blocked: 404, 'logged out': 401 },
  },
];
