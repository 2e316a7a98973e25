/** Ids are PostgreSQL integers. */
export const Id = { type: 'integer', minimum: 1, maximum: 2_147_483_647 } as const;
export const Version = {
  type: 'integer',
  minimum: 1,
  description: 'Raised by storage in each commit that changes the thing.',
} as const;
export const Timestamp = { type: 'string', format: 'date-time' } as const;
export const PhotoParams = { type: 'object', required: ['photoId'], properties: { photoId: Id } } as const;
export const UserParams = { type: 'object', required: ['userId'], properties: { userId: Id } } as const;
/** Of a list of people. */
export const NamedPerson = {
  type: 'object',
  required: ['userId', 'name'],
  properties: { userId: Id, name: { type: 'string' } },
} as const;
export const PageQuery = {
  type: 'object',
  properties: {
    cursor: { type: 'string', minLength: 1, maxLength: 64, description: 'nextCursor of an earlier page' },
  },
} as const;
export const NextCursor = {
  anyOf: [{ type: 'string' }, { type: 'null' }],
  description: 'cursor of the next page; null on the last',
} as const;
/** What `storableText` takes, in words. */
export const textMeans = 'text without U+0000 and without half of a surrogate pair';
/**
 * Text that storage can hold: PostgreSQL has no character U+0000, and half of a surrogate pair is no character at all, which
 * would be stored as U+FFFD. A whole pair is one character to the pattern.
 */
export const storableText = (bounds: { readonly minLength?: number; readonly maxLength: number }) =>
  ({ type: 'string', ...bounds, pattern: '^[^\\u0000\\ud800-\\udfff]*$', description: textMeans }) as const;
export const Comment = {
  type: 'object',
  required: ['commenterUserId', 'commenterName', 'comment'],
  properties: {
    commenterUserId: Id,
    commenterName: { type: 'string' },
    comment: { type: 'string' },
  },
} as const;
/** An answer without a body: to the types `undefined`, which is nothing that JSON Schema has a word for. */
export const NoContent = { type: 'null', description: 'done' } as object as { readonly type: 'undefined' };
