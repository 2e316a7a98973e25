import { Agent, request as send } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { FuzzRequest } from './fuzz-requests.ts';

/** What came back. `type`: without its parameters. */
export type Answered = {
  readonly method: string;
  readonly status: number;
  readonly type: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** A request that is not answered by then hangs. */
const patienceMs = 30_000;

export type Sender = {
  /** Rejects where the connection ended without an answer, or nothing came for too long. */
  send(request: FuzzRequest): Promise<Answered>;
  close(): void;
};

/** Sends over real connections, which are kept. */
export function createSender(port: number): Sender {
  const agent = new Agent({ keepAlive: true });
  return {
    send: ({ method, url, headers, body }) =>
      new Promise((resolve, reject) => {
        const length = body === null ? {} : { 'content-length': String(body.length) };
        const options = { agent, host: '127.0.0.1', port, method, path: url, timeout: patienceMs };
        const sent = send({ ...options, headers: { ...headers, ...length } }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () =>
            resolve({
              method,
              status: response.statusCode ?? 0,
              type: (response.headers['content-type'] ?? '').split(';', 1)[0] ?? '',
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        });
        sent.once('error', reject);
        sent.once('timeout', () => sent.destroy(new RangeError(`no answer within ${patienceMs} ms`)));
        sent.end(body ?? undefined);
      }),
    close: () => agent.destroy(),
  };
}
