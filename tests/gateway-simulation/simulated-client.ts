import type { SimulatedGateway } from './simulated-gateway.ts';
import type { SimulatedScene } from './simulated-scene.ts';

export type ClientParts = {
  readonly name: string;
  readonly scene: SimulatedScene;
  readonly gateways: readonly SimulatedGateway[];
  readonly keys: readonly string[];
  readonly untilMs: number;
};

const pauseMaxMs = 6;
/** Then a client waits for no answer any more. */
const patienceMs = 130;
const deletedShare = 0.3;

/** Does one thing after the other: writes through one gateway and reads at once through another, or reads through several in turn. */
export function startClient({ name, scene, gateways, keys, untilMs }: ClientParts): void {
  const { time, random, oracle, delayMs } = scene;
  let writes = 0;
  const anyGateway = (): SimulatedGateway | undefined => gateways[random.below(gateways.length)];
  const ask = (work: (gateway: SimulatedGateway, done: () => void) => void, next: () => void): void => {
    const gateway = anyGateway();
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      time.after(delayMs(), next);
    };
    if (gateway?.process.isUp() !== true) return done();
    time.after(
      delayMs(),
      gateway.process.bind(() => work(gateway, done)),
    );
    time.after(patienceMs, done);
  };
  const read = (next: () => void): void => {
    const floor = oracle.beginRead();
    ask((gateway, done) => {
      gateway.read(
        (records) => {
          oracle.endRead(floor, records, gateway.name);
          done();
        },
        (reason) => {
          oracle.refused(reason, gateway.name);
          done();
        },
      );
    }, next);
  };
  const write = (next: () => void): void => {
    writes += 1;
    const json = random.chance(deletedShare) ? null : `${name}.${writes}`;
    const key = keys[random.below(keys.length)] ?? '';
    ask((gateway, done) => gateway.write({ key, json }, done), next);
  };
  const readStale = (next: () => void): void =>
    ask((gateway, done) => {
      gateway.readStale();
      done();
    }, next);
  const pause = (): void => time.after(random.between(0, pauseMaxMs), act);
  const act = (): void => {
    if (time.now() > untilMs) return;
    const choice = random.below(8);
    if (choice <= 2) readStale(pause);
    else if (choice === 3) read(() => read(pause));
    else write(() => read(() => read(pause)));
  };
  pause();
}
