import { peopleOperations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { NoContent, UserParams } from '../http/schemas.ts';
import { requireSelf } from '../http/viewer.ts';
import type { PrivacyService } from './privacy-service.ts';

const Privacy = {
  type: 'object',
  required: ['isPrivate'],
  properties: { isPrivate: { type: 'boolean' } },
  additionalProperties: false,
} as const;

export function registerPrivacyRoutes(
  app: App,
  { viewerOf }: RouteParts,
  privacyService: PrivacyService,
): void {
  app.route({
    method: peopleOperations.setPrivacy.method,
    url: peopleOperations.setPrivacy.route,
    schema: { params: UserParams, body: Privacy, response: { 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED', 'FORBIDDEN', 'NOT_FOUND', 'RIGHTS_FULL'] },
    handler: async (request, reply) => {
      const viewerId = viewerOf(request);
      requireSelf(viewerId, request.params.userId);
      await privacyService.change(viewerId, request.body.isPrivate);
      return reply.code(204).send();
    },
  });
}
