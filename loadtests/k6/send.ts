import { check } from 'k6';
import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import http from 'k6/http';
import type { RefinedParams, ResponseType } from 'k6/http';
import { operations } from '../../app/contract/operations.ts';
import { pathOfRequest } from '../workloads/request-path.ts';
import type { RunSettings } from '../workloads/run-settings.ts';
import { sessionSecretOf } from '../workloads/session-tokens.ts';
import type { PlannedRequest } from '../workloads/workload.ts';

/** A photo that is gone is an error, too: those that are deleted nobody asks for. */
const expected = [200, 201, 204];
const expectedStatuses = http.expectedStatuses(...expected);

export const timeout = '5s';

/**
 * Opens this virtual user's connections to all replicas, so that no planned request has to: with as many users as an open loop
 * needs, most of the requests of the first half minute would.
 */
export function openConnections(worlds: RunSettings['worlds']): void {
  http.batch(
    worlds.flat().map((target) => ({
      method: 'GET',
      url: `${target}/health/live`,
      params: { timeout, tags: { name: 'connection' } },
    })),
  );
}

/** Where and as what a request goes out. `seed`: of the people, whose sessions follow from it. */
export type Addressed = { readonly target: string; readonly traceparent: string; readonly seed: number };

/** The header by which a seeded person is logged in. */
export const sessionOf = (seed: number, personId: number): Record<'Authorization', string> => ({
  Authorization: `Bearer ${crypto.sha256(sessionSecretOf(seed, personId), 'base64rawurl')}`,
});

/** Sends one planned request and checks the answer. Sample photos are in base64. */
export function send(
  request: PlannedRequest,
  { target, traceparent, seed }: Addressed,
  samples: readonly string[],
): void {
  const { method, route } = operations[request.operation];
  const params: RefinedParams<ResponseType> = {
    timeout,
    responseCallback: expectedStatuses,
    tags: { name: route, phase: 'run' },
    headers: { ...sessionOf(seed, request.viewerId), traceparent },
  };
  const response = http.request(
    method,
    `${target}${pathOfRequest(request)}`,
    bodyOf(request, samples, params),
    params,
  );
  check(response, { 'answered as expected': ({ status }) => expected.includes(status) });
}

/** What goes out with a request; sets the headers that say more of it. */
function bodyOf(request: PlannedRequest, samples: readonly string[], params: RefinedParams<ResponseType>) {
  const text = request.text ?? '';
  switch (request.operation) {
    case 'post':
      return {
        caption: text,
        file: http.file(encoding.b64decode(samples[request.sample ?? 0] ?? ''), 'photo.jpg', 'image/jpeg'),
      };
    case 'comment':
    case 'editCaption':
      Object.assign(params.headers ?? {}, { 'Content-Type': 'application/json' });
      return JSON.stringify(request.operation === 'comment' ? { comment: text } : { caption: text });
    case 'image':
      Object.assign(params.headers ?? {}, { Accept: 'image/webp,image/*;q=0.8' });
      return null;
    default:
      return null;
  }
}
