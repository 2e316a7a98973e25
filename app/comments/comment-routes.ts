import { operations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import {
  Comment,
  Id,
  NextCursor,
  PageQuery,
  PhotoParams,
  UserParams,
  Version,
  storableText,
} from '../http/schemas.ts';
import type { CommentService } from './comment-service.ts';

const CommentList = {
  type: 'object',
  required: ['version', 'comments', 'nextCursor'],
  properties: { version: Version, comments: { type: 'array', items: Comment }, nextCursor: NextCursor },
} as const;
const CommentsByQuery = {
  type: 'object',
  required: ['by'],
  properties: {
    by: { type: 'integer', minimum: 1, maximum: 2_147_483_647, description: 'who has written them' },
    ...PageQuery.properties,
  },
} as const;
const CommentsBy = {
  type: 'object',
  required: ['comments', 'nextCursor'],
  properties: {
    comments: {
      type: 'array',
      items: {
        type: 'object',
        required: ['commentId', 'postId', 'commenterUserId', 'commenterName', 'comment'],
        properties: {
          commentId: Id,
          postId: Id,
          commenterUserId: Id,
          commenterName: { type: 'string' },
          comment: { type: 'string' },
        },
      },
    },
    nextCursor: NextCursor,
  },
} as const;
const NewComment = {
  type: 'object',
  required: ['comment'],
  properties: { comment: storableText({ minLength: 1, maxLength: 2_200 }) },
  additionalProperties: false,
} as const;
const AddedComment = {
  type: 'object',
  required: ['id', 'version'],
  properties: { id: Id, version: Version },
} as const;

export function registerCommentRoutes(
  app: App,
  { askerOf, viewerOf, describeRead }: RouteParts,
  commentService: CommentService,
): void {
  app.route({
    method: operations.comments.method,
    url: operations.comments.route,
    schema: { params: PhotoParams, querystring: PageQuery, response: { 200: CommentList } },
    config: { problems: ['NOT_FOUND', 'INVALID_CURSOR'] },
    handler: async (request, reply) => {
      const { photoId } = request.params;
      const read = await commentService.read(photoId, askerOf(request), request.query.cursor);
      describeRead(reply, read);
      return { version: read.version, comments: [...read.value.comments], nextCursor: read.value.nextCursor };
    },
  });
  app.route({
    method: operations.commentsBy.method,
    url: operations.commentsBy.route,
    schema: { params: UserParams, querystring: CommentsByQuery, response: { 200: CommentsBy } },
    config: { problems: ['NOT_FOUND', 'INVALID_CURSOR'] },
    handler: async (request, reply) => {
      const { by, cursor } = request.query;
      const whose = { ownerId: request.params.userId, authorId: by };
      const read = await commentService.readBy(whose, askerOf(request), cursor);
      describeRead(reply, read);
      const comments = read.value.comments.map(({ id, photoId, ...comment }) => ({
        commentId: id,
        postId: photoId,
        ...comment,
      }));
      return { comments, nextCursor: read.value.nextCursor };
    },
  });
  app.route({
    method: operations.comment.method,
    url: operations.comment.route,
    schema: { params: PhotoParams, body: NewComment, response: { 201: AddedComment } },
    config: { problems: ['VIEWER_REQUIRED', 'NOT_FOUND'] },
    handler: async (request, reply) => {
      const viewerId = viewerOf(request);
      const added = await commentService.add(request.params.photoId, viewerId, request.body.comment);
      return reply.code(201).send({ id: added.id, version: added.commentsVersion });
    },
  });
}
