import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { startOrigin } from '../support/edge-under-test.ts';

export type Scripted = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  /** Answered once this resolves. */
  readonly after?: Promise<unknown>;
  /** The connection is cut in place of an answer. */
  readonly isCut?: boolean;
};
/** What was asked of the origin. */
export type Seen = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders };
type Script = (request: Seen) => Scripted;

/** An origin that answers each path as a test says, and remembers what it was asked. */
export type ScriptedOrigin = {
  readonly address: string;
  /** Answers a path so, from now on. */
  plays(path: string, script: Scripted | Script): void;
  /** What was asked below a path, in order. */
  seen(path: string): readonly Seen[];
  close(): Promise<void>;
};

export async function startScriptedOrigin(): Promise<ScriptedOrigin> {
  const scripts = new Map<string, Script>();
  const asked: Seen[] = [];
  const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    request.resume();
    asked.push(seen);
    const {
      status = 200,
      headers = {},
      body = 'body',
      after,
      isCut,
    } = scripts.get(pathOf(seen.url))?.(seen) ?? {
      status: 404,
    };
    await after;
    if (isCut === true) return void request.socket.destroy();
    const hasBody = status !== 304 && status !== 204;
    response.writeHead(status, { ...headers, ...(hasBody && { 'content-length': Buffer.byteLength(body) }) });
    response.end(seen.method === 'HEAD' || !hasBody ? undefined : body);
  };
  const origin = await startOrigin(handle);
  return {
    address: origin.address,
    plays: (path, script) => void scripts.set(path, typeof script === 'function' ? script : () => script),
    seen: (path) => asked.filter(({ url }) => pathOf(url) === path),
    close: origin.close,
  };
}
