import { choice, duration, wholeNumber } from '../contract/axis-kinds.ts';
import type { Axes, AxisKind, ValuesOf } from '../contract/axis.ts';
import type { ProcessKind } from '../contract/process-kind.ts';
import type { SystemDefinition } from '../contract/system.ts';
import { gatewayFigures } from './figures.ts';

/** The form of the name of a caller, in a list of a candidate and in the header. */
const callerForm = /^[a-z0-9][a-z0-9-]{0,31}$/;
const callersMax = 20;

const callers: AxisKind<string> = {
  takes: `all, none, or up to ${callersMax} names joined by +, of lower-case letters, digits and hyphens`,
  parse(text) {
    if (text === 'all' || text === 'none') return text;
    const names = text.split('+');
    const isValid = names.length <= callersMax && names.every((name) => callerForm.test(name));
    return isValid && !names.includes('all') && !names.includes('none') ? text : null;
  },
  format: String,
};

/** A query is refused sooner than whoever asks gives up. */
export const queryWaitMaxMs = 2_000;

const axes = {
  gateway: {
    field: 'gateway',
    meaning:
      'off: no gateway; leader: gateways forward queries of metadata to the one process that owns it; consistent: they answer from a replica once it is known to have all that the leader had; eventual: from the replica at once',
    fallback: 'off',
    matters: 'all',
    ...choice(['off', 'leader', 'consistent', 'eventual']),
  },
  gateways: {
    field: 'gateways',
    meaning: 'how many gateways take the load',
    fallback: 1,
    matters: 'all',
    ...wholeNumber(1, 8),
  },
  leaders: {
    field: 'leaders',
    meaning: 'how many processes may lead: one does, the others stand by',
    fallback: 1,
    matters: 'all',
    ...wholeNumber(1, 3),
  },
  keepalive: {
    field: 'keepAliveMs',
    meaning: 'a gateway asks the leader at most once in so long whether its replica is whole',
    fallback: 5,
    matters: 'all',
    ...duration,
  },
  interval: {
    field: 'eventGapMs',
    meaning:
      'where nothing happens, the leader lets at most so long pass between two events while somebody waits',
    fallback: 2,
    matters: 'all',
    ...duration,
  },
  'staleness-max': {
    field: 'stalenessMaxMs',
    meaning: 'a replica that has not been known to be whole for longer is not used',
    fallback: 5_000,
    matters: 'all',
    ...duration,
  },
  callers: {
    field: 'callers',
    meaning: 'who is answered from the replica; queries of all others go to the leader',
    fallback: 'all',
    matters: 'all',
    ...callers,
  },
  records: {
    field: 'gatewayRecords',
    meaning: 'how many posts the leader owns, the newest ones; their authors are its profiles',
    fallback: 2_000,
    matters: 'all',
    ...wholeNumber(1, 50_000),
  },
} as const satisfies Axes;

/** What a candidate chooses of the gateway. */
export type GatewaySettings = ValuesOf<typeof axes>;

const ofReplicas = ['keepalive', 'interval', 'staleness-max', 'callers'];

/**
 * Refuses limits that no acknowledgement could keep: it may take a gap between keep-alives and one between events.
 */
function refusesTimes({ keepAliveMs, eventGapMs, stalenessMaxMs }: GatewaySettings): string | null {
  const soonestMs = keepAliveMs + eventGapMs;
  if (soonestMs >= queryWaitMaxMs)
    return `A query waits ${queryWaitMaxMs / 1_000} s for synchronisation at most: "keepalive" and "interval" together must be shorter.`;
  if (soonestMs >= stalenessMaxMs)
    return `A replica would always be older than "staleness-max": "keepalive" and "interval" together must be shorter.`;
  return null;
}

function refuses(values: GatewaySettings, given: ReadonlySet<string>): string | null {
  const { gateway } = values;
  const beside = Object.keys(axes).find((name) => name !== 'gateway' && given.has(name));
  if (gateway === 'off' && beside !== undefined)
    return `"${beside}" is of the gateway, which is off: add gateway=leader, gateway=consistent or gateway=eventual.`;
  const ofReplica = ofReplicas.find((name) => given.has(name));
  if (gateway === 'leader' && ofReplica !== undefined)
    return `"${ofReplica}" is of replicas, and with gateway=leader gateways have none: take gateway=consistent or gateway=eventual.`;
  return gateway === 'off' ? null : refusesTimes(values);
}

const kind = (name: string, count: number, takesLoad: boolean): ProcessKind => ({
  name,
  entry: `${name}.ts`,
  count,
  takesLoad,
  isScraped: true,
});

/** Metadata that one process owns, behind gateways that answer for it. */
export const gatewaySystem: SystemDefinition<typeof axes> = {
  name: 'gateway',
  summary: 'whether metadata is asked of the one process that owns it, or of gateways with replicas',
  axes,
  refuses,
  redisUses: () => [],
  processes: ({ gateway, gateways, leaders }) =>
    gateway === 'off' ? [] : [kind('leader', leaders, false), kind('gateway', gateways, true)],
  witnesses: [
    { name: 'gateway-witness', entry: 'gateway-witness.ts', count: 1, takesLoad: false, isScraped: false },
  ],
  figures: gatewayFigures,
  workHeading: 'Per 1,000 requests, of the gateways:',
};
