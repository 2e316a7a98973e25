import { Server, ServerCredentials, credentials, makeClientConstructor } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { StreamConnection, StreamTransport } from './stream-contestant.ts';

const host = '127.0.0.1';

type Line = { readonly text: string };
type LineStream = ClientDuplexStream<Line, Line> | ServerDuplexStream<Line, Line>;

/** What a file would say as `service Streams { rpc Follow(stream Line) returns (stream Line) }`. */
const service = fromJSON({
  nested: {
    Line: { fields: { text: { type: 'string', id: 1 } } },
    Streams: {
      methods: {
        Follow: {
          requestType: 'Line',
          requestStream: true,
          responseType: 'Line',
          responseStream: true,
          comment: '',
        },
      },
    },
  },
})['Streams'] as ServiceDefinition;

function connectionOf(stream: LineStream, close: () => void): StreamConnection {
  // A connection that was closed on purpose is an error here.
  stream.on('error', () => {});
  return {
    send: (text) => stream.write({ text }),
    onMessage: (take) => stream.on('data', ({ text }: Line) => take(text)),
    onRoom: (go) => stream.on('drain', go),
    pause: () => stream.pause(),
    close,
  };
}

/** A call of `@grpc/grpc-js` that streams both ways, messages by `@grpc/proto-loader`. */
export const grpcStream: StreamTransport = {
  listen(onConnection) {
    const server = new Server();
    server.addService(service, {
      Follow: (stream: ServerDuplexStream<Line, Line>) =>
        onConnection(connectionOf(stream, () => stream.end())),
    });
    return new Promise((resolve, reject) => {
      server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
  },
  connect(port) {
    const Client = makeClientConstructor(service, 'Streams');
    const client = new Client(`${host}:${port}`, credentials.createInsecure());
    const stream = client.makeBidiStreamRequest<Line, Line>(
      '/Streams/Follow',
      ({ text }) => Buffer.from(service['Follow']?.requestSerialize({ text }) ?? ''),
      (bytes) => service['Follow']?.responseDeserialize(bytes) as Line,
    );
    return Promise.resolve(connectionOf(stream, () => client.close()));
  },
};
