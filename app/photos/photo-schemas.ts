import { Type } from 'typebox';
import { Comment, Id, Timestamp, Version, storableText } from '../http/schemas.ts';

export const PhotoPage = Type.Object({
  id: Id,
  version: Version,
  ownerId: Id,
  ownerName: Type.String(),
  caption: Type.String(),
  imageUrl: Type.String(),
  size: Type.Object({ type: Type.Literal('Size'), width: Type.Integer(), height: Type.Integer() }),
  numberOfLikes: Type.Integer(),
  numberOfComments: Type.Integer(),
  comments: Type.Array(Comment),
  createdAt: Timestamp,
  numberOfViews: Type.Optional(
    Type.Integer({
      description: 'best effort; absent where nobody counts them, or where they cannot be counted now',
    }),
  ),
});

/** The nine fields of a post's answer. */
export const PostedImage = Type.Object({
  type: Type.Literal('ImageFile'),
  id: Id,
  createdAt: Timestamp,
  createdBy: Id,
  name: Type.String(),
  updatedAt: Timestamp,
  updatedBy: Id,
  fullImageUrl: Type.String(),
  size: Type.Object({ type: Type.Literal('Size'), width: Type.Integer(), height: Type.Integer() }),
});

export const captionLengthMax = 2_200;
export const Caption = storableText({ maxLength: captionLengthMax });
export const CaptionChange = Type.Object({ caption: Caption }, { additionalProperties: false });
export const ChangedVersion = Type.Object({ version: Version });
/** The multipart form of a post, for who reads the description of the API; `photo-form.ts` reads such a form. */
export const PhotoForm = Type.Object({
  file: Type.String({ format: 'binary', description: 'a JPEG, PNG, WebP or AVIF' }),
  caption: Type.Optional(Caption),
});
