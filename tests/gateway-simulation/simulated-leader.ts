import { createHeldLease, createLeaseWatch } from '../../app/gateway/protocol/lease.ts';
import type { LeaseRow } from '../../app/gateway/protocol/lease.ts';
import { createLeaderTerm } from './leader-term.ts';
import type { LeaderTerm, LinkOfLeader, WriteAnswer, WriteRequest } from './leader-term.ts';
import type { SimulatedLink } from './simulated-link.ts';
import { createSimulatedProcess } from './simulated-process.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedScene } from './simulated-scene.ts';

export const leaseMs = 40;
const lookEveryMs = 5;
const renewEveryMs = 8;

/** A process that leads when it can. */
export type SimulatedLeader = {
  readonly process: SimulatedProcess;
  /** The leader's part of a connection, or null where it does not lead. */
  accept(link: SimulatedLink): LinkOfLeader | null;
  write(request: WriteRequest, answer: (answer: WriteAnswer) => void): void;
};

export function createSimulatedLeader(name: string, scene: SimulatedScene): SimulatedLeader {
  const { store, behaviour, random } = scene;
  let term: LeaderTerm | null = null;
  let watch = createLeaseWatch(leaseMs, name);
  const selfOf = (): string => `${name}#${process.life()}`;

  const lookLater = (): void => process.after(lookEveryMs, look);
  const look = (): void =>
    store.ask(process, store.readLease, (row) => {
      if (row !== null) watch.see(row, process.localMs());
      const overdue = watch.overdueRow(process.localMs());
      if (overdue === null) lookLater();
      else campaign(overdue);
    });
  const campaign = (row: LeaseRow): void => {
    const self = selfOf();
    const lease = createHeldLease(leaseMs);
    const takeOver = (rows: ReturnType<typeof store.load> | null): void => {
      const sentAtMs = process.localMs();
      store.ask(
        process,
        () => store.takeOver(row, self),
        (epoch) => {
          if (epoch === null) return lookLater();
          lease.confirm(sentAtMs);
          if (rows === null) store.ask(process, store.load, (loaded) => lead(epoch, loaded));
          else lead(epoch, rows);
        },
      );
    };
    const lead = (epoch: number, rows: ReturnType<typeof store.load> | null): void => {
      if (rows === null || !lease.isHeld(process.localMs())) return lookLater();
      term = createLeaderTerm({ epoch, lease, rows, process, scene, onEnd: lookLater });
      renewLater(term, self);
    };
    if (behaviour.loadsBeforeTakeOver)
      store.ask(process, store.load, (rows) => process.after(lookEveryMs, () => takeOver(rows)));
    else takeOver(null);
  };
  const renewLater = (own: LeaderTerm, self: string): void =>
    process.after(renewEveryMs, () => {
      if (own.hasEnded()) return;
      if (!own.lease.isHeld(process.localMs())) return own.end();
      const sentAtMs = process.localMs();
      store.ask(
        process,
        () => store.renew(own.epoch, self),
        (isRenewed) => {
          if (isRenewed === true) own.lease.confirm(sentAtMs);
          if (isRenewed === false) own.end();
        },
      );
      renewLater(own, self);
    });
  const current = (): LeaderTerm | null => (term?.hasEnded() === false ? term : null);

  const process = createSimulatedProcess({
    name,
    time: scene.time,
    random,
    clockRate: random.between(0.97, 1.03),
    onStart() {
      watch = createLeaseWatch(leaseMs, selfOf());
      process.after(0, look);
    },
    onKill: () => current()?.end(),
  });
  return {
    process,
    accept: (link) => current()?.accept(link) ?? null,
    write(request, answer) {
      const own = current();
      if (own === null) answer('refused');
      else own.write(request, answer);
    },
  };
}
