import { sentOperations } from '../../app/contract/operations.ts';

/** How k6 calls what ends a request without an answer: https://grafana.com/docs/k6/latest/javascript-api/error-codes */
const refused = 1212;
/**
 * The connection broke off while the request was written, while it was answered, or at its end, for which k6
 * has no code of its own.
 */
const brokenOff: readonly number[] = [1201, 1220, 1000];
/** RFC 9110, 9.2.2. */
const idempotentMethods: readonly string[] = ['GET', 'PUT', 'DELETE'];

/**
 * Whether a request that an edge has not answered is sent to a replica, as browsers go on to the next address of a name. What was refused
 * has reached nobody; what was broken off may have been done, and is sent again where doing it twice is doing it once.
 */
export function isAskedPastEdge(operation: string | null, errorCode: number): boolean {
  if (errorCode === refused) return true;
  return brokenOff.includes(errorCode) && idempotentOperations.has(operation);
}

const idempotentOperations: ReadonlySet<string | null> = new Set(
  Object.entries(sentOperations).flatMap(([name, { method }]) =>
    idempotentMethods.includes(method) ? [name] : [],
  ),
);
