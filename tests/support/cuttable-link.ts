import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A server seen through a link that a test can cut and freeze. */
export type CuttableLink = {
  /** The address of the server, through the link. */
  readonly url: string;
  /** Ends all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Ends all connections, and new ones as soon as they are there. */
  hangUp(): void;
  /** How many connections were ended so. */
  hungUp(): number;
  /** Connections stay open and new ones are taken, and nothing comes through in either direction. */
  freeze(): void;
  /** As in the beginning. What was held by `freeze` goes on its way. */
  mend(): Promise<void>;
  close(): Promise<void>;
};

export async function createCuttableLink(serverUrl: string): Promise<CuttableLink> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let isHangingUp = false;
  let hungUp = 0;
  const server: Server = createServer((local) => {
    if (isHangingUp) {
      hungUp += 1;
      local.destroy();
      return;
    }
    const shared = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [local, shared],
      [shared, local],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on('data', (bytes: Buffer) => other.write(bytes));
      if (isFrozen) socket.pause();
    }
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    cut,
    hangUp() {
      isHangingUp = true;
      for (const socket of sockets) socket.destroy();
    },
    hungUp: () => hungUp,
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    async mend() {
      isFrozen = false;
      isHangingUp = false;
      for (const socket of sockets) socket.resume();
      if (!server.listening) await listen(port);
    },
    close: cut,
  };
}
