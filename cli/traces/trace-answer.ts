/** What the store of traces answers over HTTP. */
export type Answer = {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly retryAfterSeconds?: number;
};

export function textAnswer(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

export function jsonAnswer(value: unknown): Answer {
  return { status: 200, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

export function pageAnswer(body: string): Answer {
  return { status: 200, type: 'text/html; charset=utf-8', body };
}
