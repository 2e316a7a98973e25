import type { Session } from '../../app/gateway/protocol/leader-sessions.ts';
import type { RecordTable } from '../../app/gateway/protocol/record-table.ts';
import { createReplica } from '../../app/gateway/protocol/replica.ts';
import type { Replica } from '../../app/gateway/protocol/replica.ts';
import type { LinkOfLeader, WriteAnswer, WriteRequest } from './leader-term.ts';
import type { SimulatedLeader } from './simulated-leader.ts';
import { createSimulatedLink } from './simulated-link.ts';
import type { SimulatedLink } from './simulated-link.ts';
import { createSimulatedProcess } from './simulated-process.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedScene } from './simulated-scene.ts';

const keepAliveGapMs = 5;
const options = {
  keepAliveGapMs,
  heartbeatMs: 20,
  stalenessMaxMs: 50,
  // Longer than a lease: what keeps a gateway from an old leader must not be its own impatience.
  silentMaxMs: 100,
  waitMaxMs: 120,
  waitingReadsMax: 1_000,
};
const lookEveryMs = 8;
/** While there is a session: whether somebody else leads. */
const confirmEveryMs = 120;
const reconnectMaxMs = 10;
const timerLatenessMaxMs = 0.5;
const slowestClockRate = 0.97;

/** A gateway: its replica, and its search for whoever leads. */
export type SimulatedGateway = {
  readonly process: SimulatedProcess;
  readonly name: string;
  /** A consistent read, which tells what it saw, or why it saw nothing. */
  read(saw: (records: RecordTable) => void, refused: (reason: string) => void): void;
  /** A stale read; it tells the oracle. */
  readStale(): void;
  write(request: WriteRequest, answer: (answer: WriteAnswer) => void): void;
  breakConnection(): void;
};

/** What a gateway has of one life of its process. */
type GatewayLife = {
  readonly replica: Replica;
  session: Session | null;
  link: SimulatedLink | null;
  leader: SimulatedLeader | null;
  armedAtMs: number;
  looks: number;
  readonly checkGap: (localMs: number) => void;
};

export function createSimulatedGateway(
  name: string,
  leaders: readonly SimulatedLeader[],
  scene: SimulatedScene,
): SimulatedGateway {
  const { time, random, store, oracle, behaviour, delayMs } = scene;
  let life: GatewayLife | null = null;
  /** Sets a timer where the replica needs one sooner than there is one. */
  const arm = (own: GatewayLife): void => {
    const atMs = own.replica.wakeAtMs();
    const localMs = process.localMs();
    const wakeAtMs = Math.max(localMs, atMs ?? Number.POSITIVE_INFINITY);
    if (own !== life || wakeAtMs >= own.armedAtMs) return;
    own.armedAtMs = wakeAtMs;
    process.after(wakeAtMs - localMs + random.between(0, timerLatenessMaxMs), () => {
      if (own.armedAtMs !== wakeAtMs) return;
      own.armedAtMs = Number.POSITIVE_INFINITY;
      own.replica.tick(process.localMs());
      arm(own);
    });
  };
  /** Looks again and again; whoever looks anew takes the place of the look before. */
  const lookForLeader = (own: GatewayLife): void => {
    own.looks += 1;
    const look = own.looks;
    const again = (): void => {
      if (look === own.looks) lookForLeader(own);
    };
    store.ask(process, store.readLease, (row) => {
      if (look !== own.looks) return;
      if (row !== null) own.replica.knowEpoch(row.epoch);
      const leader = leaders.find((one) => row?.holder?.startsWith(`${one.process.name}#`));
      if (own.session === null && leader !== undefined) connect(own, leader);
      const pauseMs = random.between(1, own.session === null ? lookEveryMs : confirmEveryMs);
      process.after(pauseMs, again);
    });
  };
  const connect = (own: GatewayLife, leader: SimulatedLeader): void => {
    let ofLeader: LinkOfLeader | null = null;
    const session = own.replica.openSession(
      {
        send(message) {
          if (process.isClockSteady()) own.checkGap(process.localMs());
          link.sendToLeader(message);
        },
        ended() {
          link.breakOff();
          own.link = null;
          // After a pause: whoever looks at once would find the same leader in the same state.
          process.after(random.between(0, reconnectMaxMs), () => {
            own.session = null;
            lookForLeader(own);
          });
        },
      },
      process.localMs(),
    );
    const link = createSimulatedLink({
      time,
      random,
      delayMs,
      leader: leader.process,
      gateway: process,
      gatewayHears(message) {
        for (const understood of behaviour.understand(message))
          session.receive(understood, process.localMs());
        arm(own);
      },
      leaderHears: (message) => ofLeader?.hear(message),
      leaderHasRoom: leader.process.bind(() => ofLeader?.pump()),
      gatewayLoses: () => session.lose(),
      leaderLoses: () => ofLeader?.lose(),
    });
    own.session = session;
    own.link = link;
    own.leader = leader;
    arm(own);
    const arrive = leader.process.bind(() => {
      ofLeader = leader.accept(link);
      if (ofLeader === null) link.breakOff();
    });
    if (leader.process.isUp()) time.after(delayMs(), arrive);
    else link.breakOff();
  };

  const process = createSimulatedProcess({
    name,
    time,
    random,
    clockRate: random.between(slowestClockRate, 1.03),
    onStart() {
      let previous: RecordTable | null = null;
      const createTable = (): RecordTable => (previous = behaviour.createTable(previous));
      const replica = createReplica({ ...options, createTable });
      const own: GatewayLife = {
        replica,
        session: null,
        link: null,
        leader: null,
        armedAtMs: Number.POSITIVE_INFINITY,
        looks: 0,
        checkGap: createGapCheck(scene, name),
      };
      life = own;
      process.after(0, () => lookForLeader(own));
    },
    onKill() {
      life?.link?.breakOff();
      life = null;
    },
  });
  return {
    process,
    name,
    read(saw, refused) {
      if (life === null) return refused('gateway is down');
      life.replica.read({ synchronised: saw, refused }, process.localMs());
      if (life !== null) arm(life);
    },
    readStale() {
      const stale = life?.replica.readStale(process.localMs());
      // An age is of a monotonic clock: one that was set measures none.
      if (stale?.isAllowed === true && process.isClockSteady())
        oracle.staleRead(stale.records, stale.stalenessMs / slowestClockRate, name);
    },
    write(request, answer) {
      const leader = life?.leader ?? null;
      if (leader === null || !leader.process.isUp()) return answer('refused');
      const answered = (result: WriteAnswer): void =>
        time.after(
          delayMs(),
          process.bind(() => answer(result)),
        );
      time.after(
        delayMs(),
        leader.process.bind(() => leader.write(request, answered)),
      );
    },
    breakConnection: () => life?.link?.breakOff(),
  };
}

/** Two keep-alives of a gateway are never closer than they may be, by its own clock. */
function createGapCheck({ oracle }: SimulatedScene, name: string): (localMs: number) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (localMs) => {
    if (localMs - lastMs < keepAliveGapMs - 1e-6)
      oracle.violate(`${name}: two keep-alives within ${(localMs - lastMs).toFixed(2)} ms`);
    lastMs = localMs;
  };
}
