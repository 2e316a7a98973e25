import { serviceKindName } from '../../app/contract/process-kind.ts';
import type { ProcessKind } from '../../app/contract/process-kind.ts';
import { parseProcessMessage } from '../../app/contract/process-messages.ts';
import type { ProcessPorts } from '../../app/contract/process-messages.ts';
import { CommandError } from '../errors.ts';
import type { SupervisedProcess } from '../stack/supervised-process.ts';
import { parseServiceCounters } from './service-counters.ts';
import type { ServiceCounters } from './service-counters.ts';

/** What a process of a world is called in messages. */
export type ProcessName = { readonly kindName: string; readonly name: string };

/** One process of a world: a replica of the service, or of a further kind. */
export type WorldProcess = ProcessName & {
  readonly kind: ProcessKind;
  /** Where requests go, without a trailing slash; null: it answers none. */
  readonly address: string | null;
  /** Null: it tells nothing of itself. */
  readonly metricsAddress: string | null;
  readonly process: SupervisedProcess;
  readonly isAlive: () => boolean;
  /** Null for one that tells nothing of itself. Throws when it does not answer in time. */
  readonly readCounters: () => Promise<ServiceCounters | null>;
  /** These two do nothing for one that has no clock of its world. */
  readonly stopClock: () => Promise<void>;
  readonly resumeClock: (behindMs: number) => Promise<void>;
  /** Drops what the caches in it hold; does nothing for one that has none. */
  readonly emptyCaches: () => Promise<void>;
  /** Lets it know the sessions of these tokens, a thousand at most; does nothing for one that knows none. */
  readonly rememberSessions: (tokens: readonly string[]) => Promise<void>;
  /** Whether it has said that it finished what was under way. */
  readonly hasDrained: () => boolean;
};

/** One process of the service. */
export type Replica = WorldProcess & { readonly address: string; readonly metricsAddress: string };

export function isReplica(process: WorldProcess): process is Replica {
  return process.kindName === serviceKindName && process.address !== null && process.metricsAddress !== null;
}

/** An answer from loopback takes milliseconds; a frozen process must not stop the experiment. */
const answerLimitMs = 5_000;
const loopback = 'http://127.0.0.1';

/** The handle of a process that listens. Throws when it does not listen where its kind is to. */
export function createWorldProcess(
  kind: ProcessKind,
  name: string,
  running: { readonly child: SupervisedProcess; readonly ports: ProcessPorts; readonly labToken: string },
): WorldProcess {
  const { child, ports, labToken } = running;
  const who = { kindName: kind.name, name };
  requirePorts(who, kind, ports);
  let hasDrained = false;
  child.onMessage((message) => {
    hasDrained ||= parseProcessMessage(message)?.type === 'drained';
  });
  const metricsAddress = ports.metrics === null ? null : `${loopback}:${ports.metrics}/metrics`;
  const askLab = async (
    method: 'PUT' | 'DELETE',
    what: 'clock' | 'caches' | 'sessions',
    body: object,
  ): Promise<void> => {
    if (ports.lab === null) return;
    const response = await fetch(`${loopback}:${ports.lab}/lab/${what}`, {
      method,
      headers: { authorization: `Bearer ${labToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerLimitMs),
    });
    if (!response.ok)
      throw new CommandError('internal', `the ${what} of ${name} answered ${response.status}`);
  };
  return {
    ...who,
    kind,
    address: ports.http === null ? null : `${loopback}:${ports.http}`,
    metricsAddress,
    process: child,
    isAlive: child.isAlive,
    readCounters: async () => {
      if (metricsAddress === null) return null;
      const response = await fetch(metricsAddress, { signal: AbortSignal.timeout(answerLimitMs) });
      return parseServiceCounters(await response.text());
    },
    stopClock: () => askLab('PUT', 'clock', { running: false }),
    resumeClock: (behindMs) => askLab('PUT', 'clock', { running: true, behindMs }),
    emptyCaches: () => askLab('DELETE', 'caches', {}),
    rememberSessions: (tokens) => askLab('PUT', 'sessions', tokens),
    hasDrained: () => hasDrained,
  };
}

function requirePorts({ kindName, name }: ProcessName, kind: ProcessKind, ports: ProcessPorts): void {
  const lacks = [
    ...(kind.takesLoad && ports.http === null ? ['answers no requests, but takes load'] : []),
    ...(kind.isScraped && ports.metrics === null ? ['has no metrics, but is scraped'] : []),
  ];
  if (lacks.length > 0) throw new CommandError('internal', `the ${kindName} ${name} ${lacks.join(', and ')}`);
}
