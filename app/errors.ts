/**
 * Every error the service knows: a stable code, the HTTP status it becomes (RFC 9457), and a title. They become HTTP in
 * one place (`http/problem-details.ts`).
 */
const table = {
  INVALID_REQUEST: { status: 400, title: 'The request is not valid' },
  JSON_TOO_DEEP: { status: 400, title: 'The body is nested too deeply' },
  INVALID_CURSOR: { status: 400, title: 'The cursor is not one that this service gave out' },
  INVALID_CALLER: { status: 400, title: 'The name of the caller is not valid' },
  COUNTER_NAME_INVALID: { status: 400, title: 'There is no counter of such a name' },
  INVALID_IDEMPOTENCY_KEY: { status: 400, title: 'The idempotency key is not valid' },
  VIEWER_REQUIRED: { status: 401, title: 'No viewer was named' },
  SESSION_ENDED: { status: 401, title: 'The session has ended' },
  GATEWAY_TOKEN_REQUIRED: { status: 401, title: 'Metadata is for operators and services' },
  LOG_IN_FAILED: { status: 401, title: 'There is no account with this name and password' },
  FORBIDDEN: { status: 403, title: 'The viewer may not do this' },
  COUNTER_NAMESPACE_CLOSED: { status: 403, title: 'Only the service counts in this namespace' },
  COUNTER_NAMESPACE_UNKNOWN: { status: 404, title: 'There is no such namespace of counters' },
  NOT_FOUND: { status: 404, title: 'There is no such thing' },
  METADATA_KIND_UNKNOWN: { status: 404, title: 'There is no metadata of this kind' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The method is not allowed here' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time' },
  CONFLICT: { status: 409, title: 'The request contradicts what is stored' },
  IDEMPOTENCY_KEY_IN_USE: { status: 409, title: 'A request with this idempotency key is under way' },
  NAME_TAKEN: { status: 409, title: 'Somebody else has this name' },
  COUNTER_TOO_LARGE: { status: 409, title: 'The count leaves the range of exact numbers' },
  ROW_REFUSED: { status: 409, title: 'Storage does not allow what was to be stored' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  PHOTO_TOO_LARGE: { status: 413, title: 'The photo takes more to decode than one may' },
  PATH_TOO_LONG: { status: 414, title: 'The path is too long' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type is not supported' },
  // It got its name when only JPEGs were taken, and others script against it.
  NOT_A_JPEG: { status: 415, title: 'The upload is not a JPEG, nor a photo of another format that is taken' },
  RANGE_NOT_SATISFIABLE: { status: 416, title: 'The range lies outside of the image' },
  BROKEN_JPEG: { status: 422, title: 'The JPEG cannot be decoded' },
  BROKEN_PHOTO: { status: 422, title: 'The photo cannot be decoded' },
  COUNTER_DELTA_OUT_OF_RANGE: { status: 422, title: 'A counter does not move that far at once' },
  COUNTER_EVENT_TOO_OLD: { status: 422, title: 'The event is older than the limit' },
  COUNTER_TOKEN_FROM_FUTURE: { status: 422, title: 'The token was generated in the future' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key belongs to another request' },
  RATE_LIMITED: { status: 429, title: 'Too many requests in a short time' },
  TOO_MANY_LOGINS: { status: 429, title: 'Too many attempts to log in have failed' },
  HEAD_TOO_LARGE: { status: 431, title: 'The head of the request is too large' },
  INTERNAL: { status: 500, title: 'Something failed inside the service' },
  STORAGE_UNAVAILABLE: { status: 503, title: 'Storage does not answer' },
  STORAGE_REFUSES_WRITES: { status: 503, title: 'Storage takes no writes at the moment' },
  STORAGE_BUSY: { status: 503, title: 'Storage cannot do this at the moment' },
  OVERLOADED: { status: 503, title: 'The service has more work than it can finish in time' },
  GATEWAY_NOT_SYNCHRONISED: { status: 503, title: 'The gateway is not synchronised with a leader' },
  LEADER_LOST: { status: 503, title: 'No leader takes writes at the moment' },
  NOT_THE_LEADER: { status: 503, title: 'This process does not lead' },
  SERVICE_UNREACHABLE: { status: 503, title: 'No replica of the service answers the gateway' },
  EDGE_FAILED: { status: 503, title: 'The HTTP cache of the edge does not run' },
  STORAGE_NOT_OURS: { status: 500, title: 'The database belongs to something else' },
  COUNTER_CACHE_UNAVAILABLE: { status: 503, title: 'The counters in Redis cannot be reached' },
  COUNTER_CONTENDED: { status: 503, title: 'Too many raise this counter at once' },
  RIGHTS_UNKNOWN: { status: 503, title: 'Who may see what is not known at the moment' },
  RIGHTS_FULL: { status: 507, title: 'There is no room for another block or private follow' },
  OBJECT_STORE_UNAVAILABLE: { status: 503, title: 'Images cannot be stored or read at the moment' },
  CHANGE_STREAM_UNAVAILABLE: { status: 503, title: 'Storage cannot stream its changes' },
  UNKNOWN_MESSAGE: { status: 500, title: 'A message is of a type that this version does not know' },
  CACHE_UNAVAILABLE: { status: 503, title: 'A cache tier does not answer' },
  REDIS_UNAVAILABLE: { status: 503, title: 'Redis does not answer' },
  REDIS_NOT_DURABLE: { status: 500, title: 'Redis may lose what it has acknowledged' },
  INVALID_CONFIG: { status: 500, title: 'A setting is not valid' },
  INVALID_CANDIDATE: { status: 500, title: 'The candidate is not valid' },
} as const;

export type ErrorCode = keyof typeof table;

/** The HTTP status and the title of each code. */
export const errorTable: Readonly<Record<ErrorCode, { readonly status: number; readonly title: string }>> =
  table;

type ErrorOptions = {
  readonly cause?: unknown;
  /** After how long it is worth trying again, where that is known. */
  readonly retryAfterSeconds?: number;
  /** Nothing of what was asked for has left this process: it is not done, and will not be. Absent: nobody knows. */
  readonly isUnsent?: boolean;
};

/** An error with a stable code. `message` says what was wrong and, where one can, what to do. */
export class DarkroomError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;
  readonly isUnsent: boolean;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.name = 'DarkroomError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.isUnsent = options.isUnsent ?? false;
  }

  get status(): number {
    return table[this.code].status;
  }

  get title(): string {
    return table[this.code].title;
  }
}

/** Whether an error speaks of the request, or of the write, itself: what is asked again in the same words fails again. */
export function isOfRequest(error: unknown): boolean {
  return error instanceof DarkroomError && error.status < 500;
}

/** Whether an error says that the same may well be had a moment later. */
export function isPassing(error: unknown): boolean {
  return error instanceof DarkroomError && error.status === 503;
}

/** Whether an error says that storage as a whole is away, so that asking it for something else would fail too. */
export function isStorageAway(error: unknown): boolean {
  return error instanceof DarkroomError && ['STORAGE_UNAVAILABLE', 'OVERLOADED'].includes(error.code);
}
