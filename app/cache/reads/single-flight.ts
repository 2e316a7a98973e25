/**
 * Joins the reads of one key that miss at the same time: the first works, the others wait for it
 * (https://pkg.go.dev/golang.org/x/sync/singleflight). A flight covers the redis read and the load. `forget` takes a key's
 * flight out: its result still goes to those who wait, but it is marked, for whoever fills it, and later readers start anew.
 */
export type Flight<T> = {
  readonly key: string;
  readonly result: Promise<T>;
  isForgotten: boolean;
  readonly succeed: (value: T) => void;
  readonly fail: (reason: unknown) => void;
};

export type SingleFlight<T> = {
  /** The flight of `key` that is under way. */
  current(key: string): Flight<T> | undefined;
  /** Opens a flight; whoever does must end it with `succeed` or `fail`. */
  open(key: string): Flight<T>;
  forget(key: string): void;
  forgetAll(): void;
};

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();
  const forget = (key: string) => {
    const flight = flights.get(key);
    if (flight === undefined) return;
    flight.isForgotten = true;
    flights.delete(key);
  };
  return {
    current: (key) => flights.get(key),
    open(key) {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      // A failure that nobody waits for is told to the opener alone.
      promise.catch(() => {});
      const land = () => {
        if (flights.get(key) === flight) flights.delete(key);
        // This one was taken out, and may show something newer than the one that took its place will bring.
        else forget(key);
      };
      const flight: Flight<T> = {
        key,
        result: promise,
        isForgotten: false,
        succeed(value) {
          land();
          resolve(value);
        },
        fail(reason) {
          land();
          reject(reason);
        },
      };
      flights.set(key, flight);
      return flight;
    },
    forget,
    forgetAll() {
      for (const key of flights.keys()) forget(key);
    },
  };
}
