import { allowedBy } from '../../app/cache/settings/chosen-strategy.ts';
import { anomalies } from '../../app/cache/settings/anomalies.ts';
import type { Anomaly } from '../../app/cache/settings/anomalies.ts';
import { parseSettings } from '../support/parse-settings.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { wrapWords } from '../../cli/report/text-columns.ts';
import { readers } from './counted-costs.ts';
import type { CountedCosts } from './counted-costs.ts';

/** Width of lines of prose in the page. */
export const columns = 120;

/** A table in Markdown; bars within cells are escaped. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The textbook strategy that the others are described against. */
const textbook = 'cache-aside';
/** All readers of both replicas. */
const stampede = 2 * readers;

function linked(names: readonly Anomaly[]): string {
  return names.map((name) => `[${name}](#${name})`).join(', ');
}

/** Anomalies of the textbook strategy that this one does not have, and hardships of readers that the counts show it to spare. */
function protectsFrom(name: string, costs: CountedCosts): string {
  const own = allowedBy(parseSettings(name));
  if (own.length === 0) return 'every anomaly';
  const spared: string[] = [];
  if (costs.stampedeLoads === 1) spared.push('stampedes, over all replicas');
  else if (costs.stampedeLoads < stampede) spared.push('stampedes, within a replica');
  if (costs.waitingAtExpiry === 0) spared.push('waiting when a TTL ends');
  else if (costs.waitingAtExpiry < readers) spared.push('waiting when a TTL ends, all but one reader');
  if (costs.answersInOutage) spared.push('a storage that fails, for a while');
  // Where nothing is invalidated, no invalidation can go wrong: that protects from nothing.
  const avoided = own.includes('no-invalidation')
    ? []
    : allowedBy(parseSettings(textbook)).filter((anomaly) => !own.includes(anomaly));
  return [...spared, ...(avoided.length === 0 ? [] : [linked(avoided)])].join('; ') || '–';
}

function costsOf(name: string, costs: CountedCosts): string {
  if (costs.operationsPerMiss === 0) return 'every read waits for storage';
  const parts: string[] = [];
  if (costs.stampedeLoads === stampede) parts.push('each reader loads for itself');
  if (costs.waitingAtExpiry === readers) parts.push('all wait when a TTL ends');
  if (costs.staleAtExpiry > 0) parts.push('stale answers after each TTL');
  else if (costs.waitingAtExpiry < readers) parts.push('loads before they are due');
  if (costs.operationsPerMiss > 2) parts.push(`${costs.operationsPerMiss} Redis operations per miss`);
  if (costs.loadsPerWrite > 0) parts.push('a load per write');
  if (allowedBy(parseSettings(name)).includes('no-invalidation')) parts.push('old values until a TTL ends');
  return parts.join('; ') || '–';
}

type Costs = ReadonlyMap<string, CountedCosts>;

function costsIn(costs: Costs, name: string): CountedCosts {
  const found = costs.get(name);
  if (found === undefined) throw new RangeError(`nobody has counted what ${name} costs`);
  return found;
}

/** One row per strategy, for who has to choose. */
export function overview(costs: Costs): string {
  const rows = Object.values(strategies).map(({ name, summary }) => {
    const own = costsIn(costs, name);
    return [
      `[${name}](#${name})`,
      summary,
      protectsFrom(name, own),
      linked(allowedBy(parseSettings(name))) || 'nothing',
      costsOf(name, own),
    ];
  });
  return markdownTable(['strategy', 'in one line', 'protects from', 'allows', 'costs'], rows);
}

/** The counts that the overview draws on. */
export function costTable(costs: Costs): string {
  const rows = Object.keys(strategies).map((name) => {
    const own = costsIn(costs, name);
    return [
      name,
      ...[own.stampedeLoads, own.operationsPerMiss, own.operationsPerWrite, own.loadsPerWrite].map(String),
      ...[own.waitingAtExpiry, own.staleAtExpiry].map(String),
      own.answersInOutage ? 'yes' : 'no',
    ];
  });
  return markdownTable(
    [
      'strategy',
      `loads for ${stampede} readers`,
      'Redis operations per miss',
      'per write',
      'loads per write',
      `of ${readers} readers wait at the end of a TTL`,
      'get it stale',
      'answers when storage fails',
    ],
    rows,
  );
}

/** Every anomaly with its meaning and the strategies that allow it by default. */
export function anomalySections(): string[] {
  return Object.entries(anomalies).map(([anomaly, { meaning }]) => {
    const allowing = Object.keys(strategies).filter((name) =>
      allowedBy(parseSettings(name)).includes(anomaly as Anomaly),
    );
    const who = allowing.length === 0 ? 'Allowed by none.' : `Allowed by ${allowing.join(', ')}.`;
    return `### ${anomaly}\n\n${wrapWords(`${meaning} ${who}`, columns).join('\n')}`;
  });
}
