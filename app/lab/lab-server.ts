import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { StoppableClock } from '../clock.ts';

const bodyBytesMax = 1_000;

function isAuthorised(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > bodyBytesMax) return undefined;
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

/** What only an experiment may do to a running service. Exists in lab mode alone, on a port of its own, behind a token. */
export function createLabServer(clock: StoppableClock, token: string): Server {
  return createServer((request, response) => {
    const answer = async (): Promise<number> => {
      if (!isAuthorised(request, token)) return 401;
      if (request.method !== 'PUT' || request.url !== '/lab/clock') return 404;
      return setClock(clock, await readJson(request)) ? 204 : 400;
    };
    answer().then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(500).end(),
    );
  });
}
