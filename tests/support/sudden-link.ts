import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import pg from 'pg';

/**
 * A link to PostgreSQL on which a greeting and the word that the connection is ended come in one piece: so they do when an
 * administrator ends connections while the machine is busy.
 */
export type SuddenLink = {
  /** The address of the server, through the link. */
  readonly url: string;
  /** From here on connections stay. */
  mend(): void;
  close(): Promise<void>;
};

/** What PostgreSQL says last of a greeting: it is ready for a query, outside of a transaction. */
const ready = Buffer.from('Z\u0000\u0000\u0000\u0005I', 'latin1');
/** What begins its words about the process that answers, whose number comes next. */
const processData = Buffer.from('K\u0000\u0000\u0000\u000c', 'latin1');

/** `asked`: only connections that ask for this as they begin. */
export async function createSuddenLink(serverUrl: string, asked = ''): Promise<SuddenLink> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let isSudden = true;
  const carry = (local: Socket): void => {
    const server = connect(Number(target.port), target.hostname);
    for (const socket of [local, server]) sockets.add(socket.on('error', () => {}));
    let isMeant = false;
    let held = Buffer.alloc(0);
    local.once('data', (bytes: Buffer) => {
      isMeant = isSudden && bytes.includes(asked);
    });
    local.on('data', (bytes: Buffer) => server.write(bytes));
    server.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      const isGreeted = held.includes(ready);
      if (isMeant && isGreeted && !held.subarray(0, -bytes.length).includes(ready))
        end(held).catch((error: unknown) => void local.destroy(error as Error));
      if (isMeant && isGreeted) return;
      local.write(held);
      held = Buffer.alloc(0);
    });
    server.on('end', () => local.end(held));
    local.on('close', () => server.destroy());
  };
  const end = async (greeting: Buffer): Promise<void> => {
    const admin = new pg.Client({ connectionString: serverUrl });
    await admin.connect();
    const pid = greeting.readInt32BE(greeting.indexOf(processData) + processData.length);
    await admin.query('SELECT pg_terminate_backend($1)', [pid]);
    await admin.end();
  };
  const server = createServer(carry).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    mend() {
      isSudden = false;
    },
    async close() {
      const closed = once(server.close(), 'close');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
