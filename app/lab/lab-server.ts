import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { StoppableClock } from '../clock.ts';
import { http } from '../node-http.ts';

const bodyBytesMax = 1_000;
/** Of sessions that are to be remembered at once. */
const tokensMax = 1_000;
const tokensBytesMax = 64 * 1024;

function isAuthorised(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function readJson(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > bytesMax) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sets the clock as the body says: `{"running": false}` or `{"running": true, "behindMs": 0}`. False: not understood. */
function setClock(clock: StoppableClock, body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const { running, behindMs } = body as Record<string, unknown>;
  if (running === false) {
    clock.stop();
    return true;
  }
  if (running !== true || typeof behindMs !== 'number' || !Number.isFinite(behindMs) || behindMs < 0)
    return false;
  clock.resume(behindMs);
  return true;
}

/** What an experiment may ask of a process beside its clock. */
export type LabWork = {
  /** Drops what the caches in this process hold. Absent: it has none. */
  readonly emptyCaches?: () => void | Promise<void>;
  /** Remembers the sessions of these tokens as if they had been used. Absent: it knows none. */
  readonly rememberSessions?: (tokens: readonly string[]) => Promise<void>;
};

const areTokens = (body: unknown): body is readonly string[] =>
  Array.isArray(body) && body.length <= tokensMax && body.every((one) => typeof one === 'string');

/** What only an experiment may do to a running service. Exists in lab mode alone, on a port of its own, behind a token. */
export function createLabServer(clock: StoppableClock, token: string, work: LabWork = {}): Server {
  const answers: Readonly<Record<string, (request: IncomingMessage) => Promise<boolean>>> = {
    'PUT /lab/clock': async (request) => setClock(clock, await readJson(request, bodyBytesMax)),
    async 'DELETE /lab/caches'() {
      await work.emptyCaches?.();
      return true;
    },
    async 'PUT /lab/sessions'(request) {
      const body = await readJson(request, tokensBytesMax);
      if (!areTokens(body)) return false;
      await work.rememberSessions?.(body);
      return true;
    },
  };
  return http.createServer((request, response) => {
    const answer = async (): Promise<number> => {
      if (!isAuthorised(request, token)) return 401;
      const own = answers[`${request.method} ${request.url}`];
      if (own === undefined) return 404;
      return (await own(request)) ? 204 : 400;
    };
    answer().then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(500).end(),
    );
  });
}
