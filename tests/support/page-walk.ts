import type { LightMyRequestResponse } from 'fastify';
import assert from 'node:assert/strict';
import type { SeedRows } from '../../app/contract/seed-rows.ts';

/** Follows `nextCursor` from the first page to the last. More pages than `pagesMax` are a walk in a circle. */
export async function walkPages<Page extends { nextCursor: string | null }>(
  ask: (query: string) => Promise<LightMyRequestResponse>,
  pagesMax = 20,
): Promise<Page[]> {
  const pages: Page[] = [];
  let query = '';
  while (pages.length < pagesMax) {
    const response = await ask(query);
    assert.equal(response.statusCode, 200, response.body);
    const page = response.json<Page>();
    pages.push(page);
    if (page.nextCursor === null) return pages;
    query = `?cursor=${page.nextCursor}`;
  }
  return assert.fail(`more than ${pagesMax} pages`);
}

/** The ids of these people's photos as the service must list them: by time, then id, newest first. */
export function photosNewestFirst({ photos }: SeedRows, ownerIds: readonly number[]): number[] {
  return photos
    .filter(({ ownerId }) => ownerIds.includes(ownerId))
    .toSorted((a, b) => b.createdAtMs - a.createdAtMs || b.id - a.id)
    .map(({ id }) => id);
}
