/** One end of a connection with messages both ways, each a text of one line. */
export type StreamConnection = {
  /** Sends, and says whether there is room for more; if not, `onRoom` is called when there is. */
  readonly send: (text: string) => boolean;
  readonly onMessage: (take: (text: string) => void) => void;
  readonly onRoom: (go: () => void) => void;
  /** Reads no more, so that what comes stays where it is. */
  readonly pause: () => void;
  readonly close: () => void;
};

/** A way to have such connections on loopback. */
export type StreamTransport = {
  /** Listens on a free port, which it says. */
  readonly listen: (onConnection: (connection: StreamConnection) => void) => Promise<number>;
  readonly connect: (port: number) => Promise<StreamConnection>;
};

/** Makes lines of the pieces in which bytes arrive. */
export function createLineReader(take: (line: string) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    let from = 0;
    for (let to = piece.indexOf('\n'); to !== -1; to = piece.indexOf('\n', from)) {
      take(rest + piece.slice(from, to));
      rest = '';
      from = to + 1;
    }
    rest += piece.slice(from);
  };
}
