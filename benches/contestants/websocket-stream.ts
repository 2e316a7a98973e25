import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import type { StreamConnection, StreamTransport } from './stream-contestant.ts';

const host = '127.0.0.1';
/** As much as a stream of Node holds before it says that it is full. */
const bufferedBytesMax = 64 * 1024;

function connectionOf(socket: WebSocket): StreamConnection {
  let isFull = false;
  let go = (): void => {};
  const sent = (): void => {
    if (!isFull || socket.bufferedAmount >= bufferedBytesMax) return;
    isFull = false;
    go();
  };
  return {
    send(text) {
      socket.send(text, sent);
      isFull = socket.bufferedAmount >= bufferedBytesMax;
      return !isFull;
    },
    onMessage: (take) => socket.on('message', (data: Buffer) => take(data.toString())),
    onRoom: (next) => {
      go = next;
    },
    pause: () => socket.pause(),
    close: () => socket.terminate(),
  };
}

/** `ws` without compression, which costs more than loopback does. */
export const websocketStream: StreamTransport = {
  async listen(onConnection) {
    const server = new WebSocketServer({ host, port: 0, perMessageDeflate: false });
    server.on('connection', (socket) => onConnection(connectionOf(socket)));
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'string' || address === null ? 0 : address.port;
  },
  async connect(port) {
    const socket = new WebSocket(`ws://${host}:${port}`, { perMessageDeflate: false });
    await once(socket, 'open');
    return connectionOf(socket);
  },
};
