import { Comment, Id, Timestamp, Version, storableText } from '../http/schemas.ts';

const Size = {
  type: 'object',
  required: ['type', 'width', 'height'],
  properties: {
    type: { type: 'string', const: 'Size' },
    width: { type: 'integer' },
    height: { type: 'integer' },
  },
} as const;

export const PhotoPage = {
  type: 'object',
  required: [
    'id',
    'version',
    'ownerId',
    'ownerName',
    'caption',
    'imageUrl',
    'size',
    'numberOfLikes',
    'numberOfComments',
    'comments',
    'createdAt',
  ],
  properties: {
    id: Id,
    version: Version,
    ownerId: Id,
    ownerName: { type: 'string' },
    caption: { type: 'string' },
    imageUrl: { type: 'string' },
    size: Size,
    numberOfLikes: { type: 'integer' },
    numberOfComments: { type: 'integer' },
    comments: { type: 'array', items: Comment },
    createdAt: Timestamp,
    numberOfViews: {
      type: 'integer',
      description: 'best effort; absent where nobody counts them, or where they cannot be counted now',
    },
  },
} as const;

/** The nine fields of a post's answer. */
export const PostedImage = {
  type: 'object',
  required: [
    'type',
    'id',
    'createdAt',
    'createdBy',
    'name',
    'updatedAt',
    'updatedBy',
    'fullImageUrl',
    'size',
  ],
  properties: {
    type: { type: 'string', const: 'ImageFile' },
    id: Id,
    createdAt: Timestamp,
    createdBy: Id,
    name: { type: 'string' },
    updatedAt: Timestamp,
    updatedBy: Id,
    fullImageUrl: { type: 'string' },
    size: Size,
  },
} as const;

export const captionLengthMax = 2_200;
export const Caption = storableText({ maxLength: captionLengthMax });
export const CaptionChange = {
  type: 'object',
  required: ['caption'],
  properties: { caption: Caption },
  additionalProperties: false,
} as const;
export const ChangedVersion = {
  type: 'object',
  required: ['version'],
  properties: { version: Version },
} as const;
/** The multipart form of a post, for readers of the API's description; `photo-form.ts` reads such a form. */
export const PhotoForm = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'a JPEG, PNG, WebP or AVIF' },
    caption: Caption,
  },
} as const;
