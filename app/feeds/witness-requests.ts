import { headers } from '../contract/headers.ts';
import { operations, pathOf } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';

/** An 8 × 8 JPEG of one colour. */
const tinyPhoto = Buffer.from(
  '/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9j' +
    'QjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAA' +
    'AAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAABP/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/' +
    'AIAEjv/Z',
  'base64',
);

const answerLimitMs = 5_000;

/** The ids of one page of a feed. */
export type SeenPage = { readonly ids: readonly number[]; readonly nextCursor: string | null };

type Body = Readonly<Record<string, unknown>>;

async function ask(url: string, viewerId: number, request: RequestInit, signal: AbortSignal): Promise<Body> {
  const response = await fetch(url, {
    ...request,
    headers: { [headers.viewer]: String(viewerId) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
  });
  const body: unknown = await response.json();
  if (response.ok && typeof body === 'object' && body !== null) return body as Body;
  throw new DarkroomError('INTERNAL', `${request.method} ${url} was answered with ${response.status}.`);
}

/** Posts a photo as this person, and answers its id. Throws where it is not taken. */
export async function postTinyPhoto(service: string, authorId: number, signal: AbortSignal): Promise<number> {
  const form = new FormData();
  form.append('file', new Blob([tinyPhoto], { type: 'image/jpeg' }), 'tiny.jpg');
  const { method, route } = operations.post;
  const url = service + pathOf(route, { userId: authorId });
  const { id } = await ask(url, authorId, { method, body: form }, signal);
  if (typeof id === 'number') return id;
  throw new DarkroomError('INTERNAL', `${method} ${url} was answered without an id.`);
}

/** Reads a page of this person's feed. Throws where there is no answer. */
export async function readFeedPage(
  service: string,
  readerId: number,
  cursor: string | null,
  signal: AbortSignal,
): Promise<SeenPage> {
  const { method, route } = operations.feedPage;
  const query = cursor === null ? '' : `?cursor=${cursor}`;
  const url = service + pathOf(route, { userId: readerId }) + query;
  const { feeds, nextCursor } = await ask(url, readerId, { method }, signal);
  const entries: readonly Body[] = Array.isArray(feeds) ? feeds : [];
  return {
    ids: entries.flatMap(({ postId }) => (typeof postId === 'number' ? [postId] : [])),
    nextCursor: typeof nextCursor === 'string' ? nextCursor : null,
  };
}
