import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';
import { CommandError } from '../../cli/errors.ts';

/** Takes spans by OTLP and counts them: what arrived here was made, queued and sent, whatever its stack says. */
export type SpanReceiver = {
  /** Where this sender sends its spans. */
  readonly endpointOf: (sender: string) => string;
  readonly count: (sender: string, scope?: string) => number;
  /** Resolves when so many have arrived; rejects when they do not. */
  readonly awaitCount: (sender: string, wanted: number) => Promise<void>;
  /** Resolves when so many of one library have arrived, whatever else the sender sends; rejects when they do not. */
  readonly awaitCountOf: (sender: string, scope: string, wanted: number) => Promise<void>;
  readonly close: () => void;
};

const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ id, type, rule: 'repeated' });

/** Spans stay bytes: to decode them would cost as much as to make them, on a machine that is being measured. */
const requestType = protobuf.Root.fromJSON({
  nested: {
    Request: { fields: { resources: repeated(1, 'Resource') } },
    Resource: { fields: { scopes: repeated(2, 'Scoped') } },
    Scoped: { fields: { scope: field(1, 'Scope'), spans: repeated(2, 'bytes') } },
    Scope: { fields: { name: field(1, 'string') } },
  },
}).lookupType('Request');

type Request = {
  readonly resources?: readonly {
    readonly scopes?: readonly {
      readonly scope?: { readonly name?: string };
      readonly spans?: readonly unknown[];
    }[];
  }[];
};

/** Batches leave every second. */
const arrivalLimitMs = 10_000;
const lookEveryMs = 20;

export async function openSpanReceiver(): Promise<SpanReceiver> {
  const counts = new Map<string, Map<string, number>>();
  const server = createServer((request, response) => {
    const [, sender = ''] = (request.url ?? '').split('/');
    const own = counts.get(sender) ?? new Map<string, number>();
    counts.set(sender, own);
    receive(request).then(
      (bytes) => {
        addSpans(own, bytes);
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      },
      () => response.writeHead(400).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const count = (sender: string, scope?: string): number => {
    const own = counts.get(sender) ?? new Map<string, number>();
    if (scope !== undefined) return own.get(scope) ?? 0;
    return [...own.values()].reduce((sum, spans) => sum + spans, 0);
  };
  return {
    endpointOf: (sender) => `${address}/${sender}`,
    count,
    awaitCount: (sender, wanted) => awaitSpans(() => count(sender), wanted, sender),
    awaitCountOf: (sender, scope, wanted) =>
      awaitSpans(() => count(sender, scope), wanted, `${sender}, ${scope}`),
    close: () => server.close().closeAllConnections(),
  };
}

async function awaitSpans(arrived: () => number, wanted: number, whose: string): Promise<void> {
  const giveUpAtMs = performance.now() + arrivalLimitMs;
  while (arrived() < wanted) {
    if (performance.now() > giveUpAtMs) {
      const lost = wanted - arrived();
      throw new CommandError('serviceFailed', `${lost} of ${wanted} spans of ${whose} did not arrive`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

async function receive(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function addSpans(counts: Map<string, number>, bytes: Buffer): void {
  const { resources = [] } = requestType.toObject(requestType.decode(bytes)) as Request;
  for (const { scopes = [] } of resources) {
    for (const { scope, spans = [] } of scopes) {
      const name = scope?.name ?? '';
      counts.set(name, (counts.get(name) ?? 0) + spans.length);
    }
  }
}
