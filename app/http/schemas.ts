import { Type } from 'typebox';

/** Ids are PostgreSQL integers. */
export const Id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
export const Version = Type.Integer({
  minimum: 1,
  description: 'Raised by storage in each commit that changes the thing.',
});
export const Timestamp = Type.String({ format: 'date-time' });
export const PhotoParams = Type.Object({ photoId: Id });
export const UserParams = Type.Object({ userId: Id });
export const PageQuery = Type.Object({
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'nextCursor of an earlier page' }),
  ),
});
export const NextCursor = Type.Union([Type.String(), Type.Null()], {
  description: 'cursor of the next page; null on the last',
});
/** What `storableText` takes, in words. */
export const textMeans = 'text without U+0000 and without half of a surrogate pair';
/**
 * Text that storage can hold: PostgreSQL has no character U+0000, and half of a surrogate pair is no character at all, which
 * would be stored as U+FFFD. A whole pair is one character to the pattern.
 */
export const storableText = (bounds: { readonly minLength?: number; readonly maxLength: number }) =>
  Type.String({
    ...bounds,
    pattern: '^[^\\u0000\\ud800-\\udfff]*$',
    description: textMeans,
  });
export const Comment = Type.Object({
  commenterUserId: Id,
  commenterName: Type.String(),
  comment: Type.String(),
});
/** An answer without a body. */
export const NoContent = Type.Unsafe<undefined>(Type.Null({ description: 'done' }));
