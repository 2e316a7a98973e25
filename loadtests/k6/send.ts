import { check } from 'k6';
import crypto from 'k6/crypto';
import exec from 'k6/execution';
import http from 'k6/http';
import type { RefinedParams, ResponseType } from 'k6/http';
import { sentOperations } from '../../app/contract/operations.ts';
import { pathOfRequest } from '../workloads/request-path.ts';
import { secretOfRequest } from '../workloads/request-session.ts';
import type { RunSettings } from '../workloads/run-settings.ts';
import type { PlannedRequest } from '../workloads/workload.ts';
import { bodyOf } from './request-body.ts';

/** A photo that is gone is an error, too: those that are deleted nobody asks for. */
const usual = [200, 201, 202, 204];
/** A wrong password that were taken is an error. */
const refused = [401];
const usualStatuses = http.expectedStatuses(...usual);
const refusedStatuses = http.expectedStatuses(...refused);

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

/** Where and as what a request goes out. */
export type Addressed = { readonly target: string; readonly traceparent: string };

/** The seed of the people, whose sessions follow from it, and sample photos in base64. */
export type SentWith = { readonly seed: number; readonly samples: readonly string[] };

/** The header by which who has this session is logged in. */
export const asSession = (secret: string): Record<'Authorization', string> => ({
  Authorization: `Bearer ${crypto.sha256(secret, 'base64rawurl')}`,
});

/** Sends one planned request and checks the answer; to several places one after the other, each with the same body. */
export function send(
  request: PlannedRequest,
  sendings: readonly Addressed[],
  { seed, samples }: SentWith,
): void {
  const { method, route } = sentOperations[request.operation];
  const isToFail = request.operation === 'failedLogIn';
  const secret = secretOfRequest(seed, request);
  const { body, headers } = bodyOf(request, seed, samples);
  const path = pathOfRequest(request);
  const expected = isToFail ? refused : usual;
  for (const { target, traceparent } of sendings) {
    const params: RefinedParams<ResponseType> = {
      timeout,
      responseCallback: isToFail ? refusedStatuses : usualStatuses,
      tags: { name: route, operation: request.operation, phase: 'run' },
      headers: { ...(secret === null ? {} : asSession(secret)), ...headers, traceparent },
    };
    const response = http.request(method, `${target}${path}`, body, params);
    check(response, { 'answered as expected': ({ status }) => expected.includes(status) });
    // What is sent once more has no place in the plan: its samples are of no planned request.
    delete exec.vu.metrics.metadata['i'];
  }
}
