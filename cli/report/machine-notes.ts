import type { RoundRecord } from '../experiment/records.ts';

/** A round counts as busy when other programs used more of the CPU than this, or the host took more. */
const foreignShareMax = 0.1;
const stealShareMax = 0.01;

const pct = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`;

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Whether others used the machine, and what that does to the figures: it spoils nothing. */
function describeBusyRounds(rounds: readonly RoundRecord[]): string[] {
  const foreign = ({ machine }: RoundRecord) => machine.foreignCpuShare ?? 0;
  const steal = ({ machine }: RoundRecord) => machine.stealShare ?? 0;
  const busy = rounds.filter((round) => foreign(round) > foreignShareMax || steal(round) > stealShareMax);
  if (busy.length === 0) return [];
  const most = [
    ['other programs', Math.max(...busy.map(foreign)), foreignShareMax],
    ['steal', Math.max(...busy.map(steal)), stealShareMax],
  ] as const;
  const named = most
    .filter(([, share, limit]) => share > limit)
    .map(([who, share]) => `${who} up to ${pct(share)}`);
  return [
    `The machine was busy in ${busy.length} of ${rounds.length} rounds (${named.join(', ')}): intervals are wider, and differences look smaller than on a quiet machine.`,
  ];
}

/** Who used the machine, on average: the load of a comparison is part of what it says. */
function describeShares(rounds: readonly RoundRecord[]): string[] {
  const shares = [
    ['the experiment', known(rounds.map(({ machine }) => machine.ownCpuShare))],
    ['other programs', known(rounds.map(({ machine }) => machine.foreignCpuShare))],
    ['steal', known(rounds.map(({ machine }) => machine.stealShare))],
  ] as const;
  const told = shares
    .filter(([, values]) => values.length > 0)
    .map(([who, values]) => `${who} ${pct(meanOf(values))}`);
  return told.length === 0 ? [] : [`CPU of the machine, mean of the rounds: ${told.join(', ')}.`];
}

/** What the driver did: figures of its own, in no response time. */
function describeDriver(rounds: readonly RoundRecord[]): string[] {
  const sum = (figure: (round: RoundRecord) => number) =>
    rounds.reduce((total, round) => total + figure(round), 0);
  const started = sum((round) => round.started);
  if (started === 0) return [];
  const halfLate = known(rounds.map(({ latenessMs }) => latenessMs.p50));
  const mostLate = known(rounds.map(({ latenessMs }) => latenessMs.p99));
  const late =
    halfLate.length === 0 || mostLate.length === 0
      ? []
      : [
          `requests were sent ${meanOf(halfLate).toFixed(1)} ms late at the median, ${meanOf(mostLate).toFixed(1)} ms at the p99 (in no response time)`,
        ];
  const [dropped, offered] = [sum((round) => round.dropped), sum((round) => round.offered)];
  const lost =
    dropped === 0
      ? []
      : [`${dropped} of ${offered} arrivals were dropped (${((dropped / offered) * 100).toFixed(1)} %)`];
  const opened = `${pct(sum((round) => round.openedConnections) / started)} opened a connection`;
  return [`Driver: ${[...late, opened, ...lost].join('; ')}.`];
}

/** Sentences on the machine and the driver while the rounds were measured; none in turns. */
export function describeMachine(rounds: readonly RoundRecord[]): string[] {
  return [...describeBusyRounds(rounds), ...describeShares(rounds), ...describeDriver(rounds)];
}
