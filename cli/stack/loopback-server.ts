import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Whether the request was meant for this machine. One that names another host comes from a page elsewhere, whose name was made
 * to resolve to this machine (DNS rebinding).
 */
export function isForLoopback({ headers }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '');
}

/** Listens on loopback at this port, or at any free one where it is taken. Returns the address. */
export async function listenPreferably(server: Server, port: number): Promise<string> {
  for (const candidate of [port, 0]) {
    server.listen(candidate, '127.0.0.1');
    const isListening = await once(server, 'listening').then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (candidate === 0 || error.code !== 'EADDRINUSE') throw error;
        return false;
      },
    );
    if (isListening) break;
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Closes it with all its connections, unless it is closed. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
