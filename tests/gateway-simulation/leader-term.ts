import type { HeldLease } from '../../app/gateway/protocol/lease.ts';
import { createLeaderMemory } from '../../app/gateway/protocol/leader-memory.ts';
import type { GatewayMessage } from '../../app/gateway/protocol/messages.ts';
import { createRecordTable } from '../../app/gateway/protocol/record-table.ts';
import type { RecordTable } from '../../app/gateway/protocol/record-table.ts';
import type { SimulatedLink } from './simulated-link.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedScene } from './simulated-scene.ts';
import type { StoredRow, WriteOutcome } from './simulated-store.ts';

/** A process while it leads: from its take-over until it notices that another one may. */
export type LeaderTerm = {
  readonly epoch: number;
  readonly lease: HeldLease;
  accept(link: SimulatedLink): LinkOfLeader;
  write(request: WriteRequest, answer: (answer: WriteAnswer) => void): void;
  end(): void;
  hasEnded(): boolean;
};

/** What a leader does on one connection. */
export type LinkOfLeader = {
  hear(message: GatewayMessage): void;
  pump(): void;
  lose(): void;
};

export type WriteRequest = { readonly key: string; readonly json: string | null };
/** `refused`: nothing was done. `unknown`: it may have been done, or will be. */
export type WriteAnswer = 'written' | 'refused' | 'unknown';

export type TermParts = {
  readonly epoch: number;
  readonly lease: HeldLease;
  readonly rows: ReadonlyMap<string, StoredRow>;
  readonly process: SimulatedProcess;
  readonly scene: SimulatedScene;
  readonly onEnd: () => void;
};

const eventGapMs = 2;
const pumpDelayMaxMs = 1;

export function createLeaderTerm(parts: TermParts): LeaderTerm {
  const { epoch, lease, process, scene } = parts;
  const { oracle, behaviour, random } = scene;
  const links = new Map<SimulatedLink, LinkOfLeader>();
  const takeTurn = createTurns();
  let hasEnded = false;
  const memory = createLeaderMemory({
    epoch,
    records: tableOf(parts.rows),
    queuedBytesMax: scene.queuedBytesMax,
    isLeading: () => !behaviour.looksAtLease || lease.isHeld(process.localMs()),
  });
  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    for (const link of links.keys()) link.breakOff();
    parts.onEnd();
  };
  const pumpAll = (): void => {
    for (const link of links.values()) link.pump();
  };
  const giveDummies = (): void => {
    if (!hasEnded && memory.giveDummies()) pumpAll();
  };
  const apply = ({ key, json }: WriteRequest, version: number): void => {
    memory.apply(json === null ? { type: 'removed', key, version } : { type: 'record', key, version, json });
    // What has happened goes out at once or in a while, as a process gets to it.
    if (random.chance(0.5)) pumpAll();
    else process.after(random.between(0, pumpDelayMaxMs), pumpAll);
  };
  const finish = (request: WriteRequest, outcome: WriteOutcome | null): WriteAnswer => {
    if (outcome === 'fenced' || (outcome === null && !behaviour.goesOnAfterUnknown)) end();
    if (outcome === 'fenced') return 'refused';
    if (outcome === null) return 'unknown';
    if (!hasEnded) apply(request, outcome.version);
    oracle.acknowledged(request.key, outcome.version);
    return 'written';
  };
  return {
    epoch,
    lease,
    end,
    hasEnded: () => hasEnded,
    accept(link) {
      const own = memory.openStream();
      const stream = behaviour.disguise(own);
      const lose = (): void => {
        memory.closeStream(own);
        links.delete(link);
      };
      const pump = (): void => {
        while (link.hasRoom()) {
          const message = stream.next();
          if (message === null) break;
          link.sendToGateway(message);
        }
        if (stream.cutReason() === null || !link.isOpen()) return;
        oracle.fault(0);
        link.breakOff();
        lose();
      };
      const hear = (message: GatewayMessage): void => {
        stream.receive(message, memory.lastAt());
        pump();
        process.after(eventGapMs, giveDummies);
      };
      const ofLeader = { hear, pump, lose };
      links.set(link, ofLeader);
      pump();
      return ofLeader;
    },
    write(request, answer) {
      takeTurn(request.key, (done) => {
        const settle = (result: WriteAnswer): void => {
          answer(result);
          done();
        };
        if (hasEnded) settle('refused');
        else sendWrite(parts, request, (outcome) => settle(finish(request, outcome)));
      });
    },
  };
}

function tableOf(rows: ReadonlyMap<string, StoredRow>): RecordTable {
  const table = createRecordTable();
  for (const [key, { version, json }] of rows) if (json !== null) table.put({ key, version, json });
  return table;
}

/** Writes of one key come one after the other, so that memory hears of its versions in their order. */
function createTurns() {
  const chains = new Map<string, (() => void)[]>();
  return (key: string, work: (done: () => void) => void): void => {
    const chain = chains.get(key) ?? [];
    chains.set(key, chain);
    const done = (): void => {
      chain.shift();
      chain[0]?.();
    };
    chain.push(() => work(done));
    if (chain.length === 1) chain[0]?.();
  };
}

function sendWrite(
  { epoch, process, scene: { store, behaviour } }: TermParts,
  { key, json }: WriteRequest,
  done: (outcome: WriteOutcome | null) => void,
): void {
  if (behaviour.fence === 'locked') return store.ask(process, () => store.write(epoch, key, json), done);
  const writeUnfenced = (): void => store.ask(process, () => store.write(null, key, json), done);
  if (behaviour.fence === 'none') return writeUnfenced();
  store.ask(process, store.readLease, (row) => {
    if (row?.epoch === epoch) writeUnfenced();
    else done('fenced');
  });
}
