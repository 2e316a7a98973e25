import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { Http2Stream, ServerHttp2Stream } from 'node:http2';
import { createLineReader } from './stream-contestant.ts';
import type { StreamConnection, StreamTransport } from './stream-contestant.ts';

const host = '127.0.0.1';

function connectionOf(stream: Http2Stream, close: () => void): StreamConnection {
  stream.setEncoding('utf8');
  return {
    send: (text) => stream.write(`${text}\n`),
    onMessage: (take) => stream.on('data', createLineReader(take)),
    onRoom: (go) => stream.on('drain', go),
    pause: () => stream.pause(),
    close,
  };
}

/** One stream of `node:http2` without TLS, lines both ways. */
export const http2Stream: StreamTransport = {
  async listen(onConnection) {
    const server = createServer();
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200 });
      onConnection(connectionOf(stream, () => stream.close()));
    });
    server.listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'string' || address === null ? 0 : address.port;
  },
  async connect(port) {
    const session = connect(`http://${host}:${port}`);
    const stream = session.request({ ':method': 'POST', ':path': '/stream' });
    await once(stream, 'response');
    return connectionOf(stream, () => session.destroy());
  },
};
