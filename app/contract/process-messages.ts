/** Where a process listens; null: it has no such server. */
export type ProcessPorts = {
  readonly http: number | null;
  readonly metrics: number | null;
  /** In lab mode only. */
  readonly lab: number | null;
};

/** Why a process could not start: the stable code of an error of ours or of the system, and its words. */
export type ProcessFailure = {
  readonly code: string;
  readonly message: string;
  /** The port that it was about, where it was about one. */
  readonly port?: number;
};

/**
 * What a process tells the one that started it, over the channel of `child_process`: that it listens, that it could not start,
 * that it has finished what was under way. Each is told once at most, and the last two come right before its end.
 */
export type ProcessMessage =
  | ({ readonly type: 'listening' } & ProcessPorts)
  | ({ readonly type: 'failed' } & ProcessFailure)
  | { readonly type: 'drained' };

/** What came over the channel, or null when it is none of these messages. */
export function parseProcessMessage(message: unknown): ProcessMessage | null {
  if (typeof message !== 'object' || message === null || !('type' in message)) return null;
  switch (message.type) {
    case 'listening':
      return parseListening(message);
    case 'failed':
      return parseFailed(message);
    case 'drained':
      return { type: 'drained' };
    default:
      return null;
  }
}

/**
 * What the one that started a process tells it: where the replicas of its world listen, and what takes the load in front of them; absent:
 * nothing does. It is told once all processes of the world do, and again when one of them was started anew.
 */
export type ParentMessage = {
  readonly type: 'neighbours';
  readonly service: readonly string[];
  readonly front?: readonly string[];
};

/** What came from the parent, or null when it is none of its messages. */
export function parseParentMessage(message: unknown): ParentMessage | null {
  if (typeof message !== 'object' || message === null || !('type' in message)) return null;
  if (message.type !== 'neighbours' || !('service' in message)) return null;
  const { service } = message;
  if (!areAddresses(service)) return null;
  const front = 'front' in message ? message.front : undefined;
  if (front === undefined) return { type: 'neighbours', service };
  return areAddresses(front) ? { type: 'neighbours', service, front } : null;
}

const areAddresses = (given: unknown): given is readonly string[] =>
  Array.isArray(given) && given.every((address) => typeof address === 'string');

type Fields = { readonly [name: string]: unknown };

function parseListening({ http, metrics, lab }: Fields): ProcessMessage | null {
  return isPortOrNull(http) && isPortOrNull(metrics) && isPortOrNull(lab)
    ? { type: 'listening', http, metrics, lab }
    : null;
}

function parseFailed({ code, message, port }: Fields): ProcessMessage | null {
  if (typeof code !== 'string' || typeof message !== 'string') return null;
  return { type: 'failed', code, message, ...(typeof port === 'number' && { port }) };
}

const isPortOrNull = (value: unknown): value is number | null => value === null || typeof value === 'number';
