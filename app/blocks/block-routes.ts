import { peopleOperations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { NoContent, UserParams } from '../http/schemas.ts';
import type { BlockService } from './block-service.ts';

export function registerBlockRoutes(app: App, { viewerOf }: RouteParts, blockService: BlockService): void {
  for (const name of ['block', 'unblock'] as const) {
    app.route({
      method: peopleOperations[name].method,
      url: peopleOperations[name].route,
      schema: { params: UserParams, response: { 204: NoContent } },
      config: {
        problems: [
          'VIEWER_REQUIRED',
          ...(name === 'block' ? (['NOT_FOUND', 'CONFLICT', 'RIGHTS_FULL'] as const) : []),
        ],
      },
      handler: async (request, reply) => {
        await blockService[name](viewerOf(request), request.params.userId);
        return reply.code(204).send();
      },
    });
  }
}
