import { check } from 'k6';
import crypto from 'k6/crypto';
import exec from 'k6/execution';
import http from 'k6/http';
import type { RefinedParams, ResponseType } from 'k6/http';
import { sentOperations } from '../../app/contract/operations.ts';
import { pathOfRequest } from '../workloads/request-path.ts';
import { secretOfRequest } from '../workloads/request-session.ts';
import type { RunSettings } from '../workloads/run-settings.ts';
import { isAskedPastEdge } from '../workloads/second-attempt.ts';
import type { PlannedRequest } from '../workloads/workload.ts';
import { bodyOf } from './request-body.ts';

/** The expected statuses. 404 is not among them: nobody asks for the photos that a load deletes. */
const usual = [200, 201, 202, 204];
/** A wrong password must be refused: an answer that accepts it is an error. */
const refused = [401];
const usualStatuses = http.expectedStatuses(...usual);
const refusedStatuses = http.expectedStatuses(...refused);

/** Milliseconds, of all attempts together. */
export const timeout = 5_000;

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

/** Where a request is sent, and its trace context. */
export type Addressed = { readonly target: string; readonly traceparent: string };
/** `pastEdge`: where the request is sent again when the edge does not answer; null: nowhere. */
export type Sending = Addressed & { readonly pastEdge: Addressed | null };

/** The seed of the people, whose sessions follow from it, and sample photos in base64. */
export type SentWith = { readonly seed: number; readonly samples: readonly string[] };

/** The header by which a request belongs to this session: it carries the token. */
export const asSession = (secret: string): Record<'Authorization', string> => ({
  Authorization: `Bearer ${crypto.sha256(secret, 'base64rawurl')}`,
});

/**
 * Sends one planned request and checks the answer; to several places one after the other, each with the same body. What a dead edge does not
 * answer is asked once more, of a replica; k6 gives samples of both attempts, and their reader makes one of them (`join-attempts.ts`).
 */
export function send(
  request: PlannedRequest,
  sendings: readonly Sending[],
  { seed, samples }: SentWith,
): void {
  const { method, route } = sentOperations[request.operation];
  const isToFail = request.operation === 'failedLogIn';
  const secret = secretOfRequest(seed, request);
  const { body, headers } = bodyOf(request, seed, samples);
  const path = pathOfRequest(request);
  const expected = isToFail ? refused : usual;
  const attempt = ({ target, traceparent }: Addressed, timeoutMs: number) => {
    const params: RefinedParams<ResponseType> = {
      timeout: timeoutMs,
      responseCallback: isToFail ? refusedStatuses : usualStatuses,
      tags: { name: route, operation: request.operation, phase: 'run' },
      headers: { ...(secret === null ? {} : asSession(secret)), ...headers, traceparent },
    };
    return http.request(method, `${target}${path}`, body, params);
  };
  for (const sending of sendings) {
    const begunMs = Date.now();
    let response = attempt(sending, timeout);
    if (sending.pastEdge !== null && isAskedPastEdge(request.operation, response.error_code)) {
      exec.vu.metrics.metadata['attempt'] = '2';
      response = attempt(sending.pastEdge, Math.max(1, begunMs + timeout - Date.now()));
      delete exec.vu.metrics.metadata['attempt'];
    }
    check(response, { 'answered as expected': ({ status }) => expected.includes(status) });
    // Only the first sending is a planned request: samples of the second must not be taken for another one.
    delete exec.vu.metrics.metadata['i'];
  }
}
