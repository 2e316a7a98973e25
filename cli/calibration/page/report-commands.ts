import type { CommandOutcome, RecordOf } from '../experiment-journal.ts';
import { medianOf } from '../sample-counts.ts';
import { count, markdownTable, notRun, stateOf } from './part-report.ts';
import type { PartReport } from './part-report.ts';

const runsWanted = 10;
const verdictShareMin = 0.9;
const secondsMax = 180;

const asked =
  'README’s command, ten runs quiet and ten under bursts: a verdict in at least 9 of 10 each, in at most 3 minutes at the median';

/** Whether every candidate got a verdict that says something. */
function hasVerdict({ exitCode, verdicts }: CommandOutcome): boolean {
  const all = Object.values(verdicts);
  return (
    exitCode === 0 && all.length > 0 && all.every((verdict) => verdict !== null && verdict !== 'inconclusive')
  );
}

/** Each verdict and how often it was given, per candidate. */
function verdictsOf(commands: readonly CommandOutcome[]): string {
  const names = new Set(commands.flatMap(({ verdicts }) => Object.keys(verdicts)));
  const texts = [...names].map((name) => {
    const given = commands.flatMap(({ verdicts }) =>
      name in verdicts ? [verdicts[name] ?? 'withheld'] : [],
    );
    const counts = [...Map.groupBy(given, (verdict) => verdict)].map(
      ([verdict, own]) => `${verdict} ${own.length} ×`,
    );
    return `${name}: ${counts.join(', ')}`;
  });
  return texts.length === 0 ? '–' : texts.join('; ');
}

function describe(condition: string, records: readonly RecordOf<'d'>[]) {
  const commands = records.map(({ command }) => command);
  const withVerdict = commands.filter(hasVerdict).length;
  const seconds = medianOf(records.map((record) => record.seconds));
  const slowest = Math.max(...records.map((record) => record.seconds));
  const exits = [...Map.groupBy(commands, ({ exitCode }) => String(exitCode))];
  return {
    isEnough: withVerdict >= verdictShareMin * records.length && (seconds ?? Infinity) <= secondsMax,
    text: `${condition}: ${count(withVerdict, records.length)} with a verdict, ${seconds?.toFixed(0) ?? '–'} s at the median`,
    row: [
      condition,
      count(withVerdict, records.length),
      `${seconds?.toFixed(0) ?? '–'} s`,
      records.length === 0 ? '–' : `${slowest.toFixed(0)} s`,
      medianOf(commands.flatMap(({ rounds }) => rounds ?? [])) ?? '–',
      exits.map(([exit, own]) => `${exit} (${own.length} ×)`).join(', '),
      verdictsOf(commands),
    ],
  };
}

export function reportCommands(records: readonly RecordOf<'d'>[]): PartReport {
  if (records.length === 0) return notRun('d', asked);
  const quiet = records.filter(({ foreignCores }) => foreignCores === 0);
  const noisy = records.filter(({ foreignCores }) => foreignCores > 0);
  const both = [describe('quiet', quiet), describe('under bursts', noisy)];
  return {
    part: 'd',
    asked,
    found: both.map(({ text }) => text).join('; '),
    state: stateOf(
      both.every(({ isEnough }) => isEnough),
      Math.min(quiet.length, noisy.length),
      runsWanted,
    ),
    blocks: [
      '`./darkroom compare` as a command of its own, from its start to its end; dependencies and k6 are ' +
        'in place. A run has a verdict when it exits with 0 and none of its candidates is left inconclusive.',
      markdownTable(
        ['machine', 'verdict', 'time, median', 'slowest', 'rounds, median', 'exit codes', 'verdicts'],
        both.map(({ row }) => row),
      ),
    ],
  };
}
