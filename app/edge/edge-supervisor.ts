import { setTimeout as wait } from 'node:timers/promises';
import { DarkroomError } from '../errors.ts';
import type { EdgeUsage } from './edge-events.ts';
import type { RequestLog } from './request-log.ts';
import type { VarnishServer } from './varnish-server.ts';

export type EdgeSupervisor = {
  readonly port: number;
  /** Lets the server ask these, from now on and when it was started again. */
  meet(replicas: readonly string[]): void;
  state(): { readonly isUp: boolean; readonly usage: EdgeUsage };
  /** Lets the server forget what it keeps; one that is started again begins empty by itself. */
  empty(): Promise<void>;
  /** Resolves once what the server has answered by now was read from its log, or after a moment. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
};

export type EdgeSupervisorParts = {
  readonly start: (port: number, replicas: readonly string[]) => Promise<VarnishServer>;
  /** 0: any. */
  readonly port: number;
  readonly log: Pick<RequestLog, 'untilMark' | 'forget'>;
  readonly uniqueId: () => string;
  readonly onTrouble: (reason: unknown) => void;
};

/** The pause after a start that has failed, and before a server that did not take its replicas is told them again. */
const pauseMs = 500;
/** How long `catchUp` waits for the log at most, which is read within some hundredths of a second. */
const catchUpLimitMs = 1_000;

const nothing = { objects: 0, memoryBytes: 0, evictions: 0, refreshes: 0 };

/**
 * Keeps a server running at its port: one that has ended is started again, and begins empty. Nothing answers in between. What the
 * servers before it have counted is kept, so that counters never go down.
 */
export async function createEdgeSupervisor(parts: EdgeSupervisorParts): Promise<EdgeSupervisor> {
  const { start, log, uniqueId, onTrouble } = parts;
  let server: VarnishServer | null = await start(parts.port, []);
  const { port } = server;
  let replicas: readonly string[] = [];
  let isStopping = false;
  const tally = createTally();
  const hasToStop = (): boolean => isStopping;
  const introduce = createIntroducer({
    replicas: () => replicas,
    isAtWork: (other) => other === server && !hasToStop(),
    onTrouble,
  });
  const keepRunning = async (): Promise<void> => {
    while (!isStopping) {
      await (server?.ended ?? wait(pauseMs));
      if (isStopping) return;
      if (server !== null) tally.ended();
      server = null;
      onTrouble(
        new DarkroomError('EDGE_FAILED', 'The HTTP cache of the edge has ended, and is started again.'),
      );
      try {
        const known = replicas;
        const next = await start(port, known);
        // Nobody else knows of this server yet, so that it has to be stopped here.
        if (hasToStop()) return await next.stop();
        server = next;
        if (replicas !== known) introduce(next);
      } catch (error) {
        onTrouble(error);
      }
    }
  };
  const kept = keepRunning();
  return {
    port,
    meet(known) {
      if (known.join() === replicas.join()) return;
      replicas = known;
      if (server !== null) introduce(server);
    },
    state: () => ({ isUp: server !== null, usage: tally.usage() }),
    empty: async () => server?.empty(),
    async catchUp() {
      const asked = server;
      if (asked === null) return;
      const mark = uniqueId();
      try {
        const isRead = log.untilMark(mark).then(() => true);
        await asked.mark(mark);
        const usage = await asked.usage();
        if (server === asked) tally.take(usage);
        if (!(await Promise.race([isRead, wait(catchUpLimitMs, false, { ref: false })])))
          throw new DarkroomError('EDGE_FAILED', 'The log of the edge is not read.');
      } catch (error) {
        onTrouble(error);
      } finally {
        log.forget(mark);
      }
    },
    async stop() {
      isStopping = true;
      await server?.stop();
      await kept;
    },
  };
}

type IntroducerParts = {
  readonly replicas: () => readonly string[];
  readonly isAtWork: (server: VarnishServer) => boolean;
  readonly onTrouble: (reason: unknown) => void;
};

/** Tells a server its replicas, until it has taken them. One after the other: a configuration takes the place of the one before. */
function createIntroducer({ replicas, isAtWork, onTrouble }: IntroducerParts) {
  const tell = async (server: VarnishServer): Promise<void> => {
    while (isAtWork(server) && replicas().length > 0) {
      try {
        return await server.useReplicas(replicas());
      } catch (error) {
        onTrouble(error);
        await wait(pauseMs, undefined, { ref: false });
      }
    }
  };
  let introduced = Promise.resolve();
  return (server: VarnishServer): void => {
    introduced = introduced.then(() => tell(server));
  };
}

/** What servers have counted, one after another. */
function createTally() {
  let before = nothing;
  let latest = nothing;
  const ended = (): void => {
    before = sum(before, latest);
    latest = nothing;
  };
  return {
    ended,
    take(usage: EdgeUsage): void {
      // Counters that went down tell that the server's worker process was started again, and counts anew.
      if (usage.evictions < latest.evictions || usage.refreshes < latest.refreshes) ended();
      latest = usage;
    },
    usage: (): EdgeUsage => sum(before, latest),
  };
}

/** What a server had is gone with it. What it has counted is not. */
function sum(ended: typeof nothing, live: typeof nothing): typeof nothing {
  return {
    objects: live.objects,
    memoryBytes: live.memoryBytes,
    evictions: ended.evictions + live.evictions,
    refreshes: ended.refreshes + live.refreshes,
  };
}
