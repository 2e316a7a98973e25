import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { RawData } from 'ws';

/** One end of a connection between a leader and a gateway: texts, both ways, in order. */
export type StreamConnection = {
  /** `sent` is called once the text has left this process. */
  send(text: string, sent: () => void): void;
  /** How many bytes were sent and have not left this process. */
  queuedBytes(): number;
  close(): void;
};

/** What happens on a connection. Nothing of it may throw. */
export type StreamListener = {
  readonly received: (text: string) => void;
  /** Called once, whichever end has closed the connection. */
  readonly closed: () => void;
};

/** Where leaders are asked for the stream. */
const streamPath = '/stream';

/** A keep-alive has some forty bytes. */
const keepAliveBytesMax = 1_024;
/** A frame ends with the record that fills it, and none is larger than a body may be and what was there before. */
const frameBytesMax = 16 * 1024 * 1024;
const connectLimitMs = 2_000;
/** Gateways of one leader. */
const connectionsMax = 64;
/** A code of the WebSocket protocol: a gateway that is answered with it connects again later. */
const tryAgainLater = 1_013;

export type StreamServerParts = {
  readonly server: Server;
  readonly isAllowed: (request: IncomingMessage) => boolean;
  /** Null: this process does not lead. */
  readonly opened: (connection: StreamConnection) => StreamListener | null;
};

/** Takes connections of gateways on a server of HTTP. */
export function acceptStreams({ server, isAllowed, opened }: StreamServerParts): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: keepAliveBytesMax,
    perMessageDeflate: false,
  });
  const refuse = (socket: Socket, status: string): void => {
    // Whoever does not close its end would keep the socket.
    socket.once('finish', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // A connection may be cut at any time; without a listener that would end the process.
    socket.on('error', () => {});
    if (request.url !== streamPath) return refuse(socket, '404 Not Found');
    if (!isAllowed(request)) return refuse(socket, '401 Unauthorized');
    if (sockets.clients.size >= connectionsMax) return refuse(socket, '503 Service Unavailable');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const listener = opened(connectionOf(webSocket));
      if (listener === null) turnAway(webSocket);
      else hear(webSocket, listener);
    });
  });
  return {
    close() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}

/** Connects to a leader. `opened` comes before anything is received; a connection that fails is closed. */
export function connectStream(
  address: string,
  token: string,
  opened: (connection: StreamConnection) => void,
  listener: StreamListener,
): StreamConnection {
  const url = `${address.replace(/^http/, 'ws')}${streamPath}`;
  const webSocket = new WebSocket(url, {
    handshakeTimeout: connectLimitMs,
    maxPayload: frameBytesMax,
    perMessageDeflate: false,
    followRedirects: false,
    ...(token !== '' && { headers: { authorization: `Bearer ${token}` } }),
  });
  const connection = connectionOf(webSocket);
  webSocket.on('open', () => opened(connection));
  hear(webSocket, listener);
  return connection;
}

function connectionOf(webSocket: WebSocket): StreamConnection {
  return {
    send: (text, sent) => webSocket.send(text, () => sent()),
    queuedBytes: () => webSocket.bufferedAmount,
    // At once: a slow one would not answer a polite word either.
    close: () => webSocket.terminate(),
  };
}

/** It may fail before it is closed. */
function turnAway(webSocket: WebSocket): void {
  webSocket.on('error', () => {});
  webSocket.close(tryAgainLater);
}

function hear(webSocket: WebSocket, { received, closed }: StreamListener): void {
  webSocket.on('message', (data: RawData) => received(textOf(data)));
  webSocket.on('close', () => closed());
  // `close` follows.
  webSocket.on('error', () => {});
}

/** The library gives a message as one buffer, unless it is told otherwise. */
const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString() : '');
