import { allowedBy } from '../../app/cache/candidates/allowed-anomalies.ts';
import type { Anomaly } from '../../app/cache/candidates/anomalies.ts';
import {
  fences,
  invalidations,
  promotions,
  protections,
  tierStacks,
} from '../../app/cache/candidates/candidate.ts';
import type { Candidate } from '../../app/cache/candidates/candidate.ts';
import {
  candidateParameters,
  defaultCandidate,
  isOwnParameter,
} from '../../app/cache/candidates/candidate-parameters.ts';
import { parseCandidate, strategyOf } from '../../app/cache/candidates/parse-candidate.ts';
import { DarkroomError } from '../../app/errors.ts';

/** Values of parameters, as on the command line: `fence=version`. */
export type Pair = `${string}=${string}`;

const choices = {
  tiers: tierStacks,
  protection: protections,
  invalidation: invalidations,
  fence: fences,
} as const;

const pairsOf = (parameter: keyof typeof choices): Pair[] =>
  choices[parameter].map((value): Pair => `${parameter}=${value}`);

/** The candidate, or why there is none. */
function attempt(name: string, pairs: readonly Pair[]): Candidate | string {
  try {
    return parseCandidate(pairs.length === 0 ? name : `${name}:${pairs.join(',')}`);
  } catch (error) {
    if (error instanceof DarkroomError) return error.message;
    throw error;
  }
}

type Tried = { readonly pairs: readonly Pair[]; readonly allowed: ReadonlySet<Anomaly> };

/** Every combination that a strategy takes of the parameters that decide over anomalies. */
function tryAll(name: string): Tried[] {
  const combinations = Object.keys(choices).reduce<Pair[][]>(
    (begun, parameter) =>
      begun.flatMap((pairs) => pairsOf(parameter as keyof typeof choices).map((pair) => [...pairs, pair])),
    [[]],
  );
  return combinations.flatMap((pairs) => {
    const candidate = attempt(name, pairs);
    return typeof candidate === 'string' ? [] : [{ pairs, allowed: new Set(allowedBy(candidate)) }];
  });
}

/** An anomaly that a strategy allows, and the parameters that exclude it: alone, or two together. */
export type AllowedAnomaly = {
  readonly anomaly: Anomaly;
  readonly isUsual: boolean;
  readonly excludedBy: readonly (readonly Pair[])[];
};

/** What a strategy allows in some of its combinations, and what excludes each. */
export function allowedOf(name: string): AllowedAnomaly[] {
  const usual = parseCandidate(name);
  const { allows } = strategyOf(usual);
  const tried = tryAll(name);
  return allows
    .filter((anomaly) => tried.some(({ allowed }) => allowed.has(anomaly)))
    .map((anomaly) => ({
      anomaly,
      isUsual: allowedBy(usual).includes(anomaly),
      excludedBy: excluding(tried, anomaly),
    }));
}

function excluding(tried: readonly Tried[], anomaly: Anomaly): Pair[][] {
  const excludes = (wanted: readonly Pair[]): boolean => {
    const having = tried.filter(({ pairs }) => wanted.every((pair) => pairs.includes(pair)));
    return having.length > 0 && having.every(({ allowed }) => !allowed.has(anomaly));
  };
  const all = Object.keys(choices).flatMap((parameter) => pairsOf(parameter as keyof typeof choices));
  const alone = all.filter((pair) => excludes([pair]));
  const left = all.filter((pair) => !alone.includes(pair));
  const together = left.flatMap((one, index) =>
    left
      .slice(index + 1)
      .map((other) => [one, other])
      .filter(excludes),
  );
  return [...alone.map((pair) => [pair]), ...together];
}

/** Reasons of refusal with what is refused for each. */
export type Refusals = ReadonlyMap<string, readonly string[]>;

function grouped(refused: readonly (readonly [string, string])[]): Refusals {
  const byReason = Map.groupBy(refused, ([reason]) => reason);
  return new Map([...byReason].map(([reason, own]) => [reason, own.map(([, what]) => what)] as const));
}

/** What a strategy itself refuses, tried value by value. */
export function refusedBy(name: string): Refusals {
  const usual = parseCandidate(name);
  const definition = strategyOf(usual);
  if (!definition.usesTiers) return new Map();
  const refused = Object.keys(choices).flatMap((parameter) => {
    const { field } = candidateParameters[parameter] ?? {};
    return choices[parameter as keyof typeof choices].flatMap((value) => {
      const reason = definition.refuses({ ...usual, [field as string]: value });
      return reason === null ? [] : [[reason, `${parameter}=${value}`] as const];
    });
  });
  return grouped(refused);
}

/** One value of each shared parameter, and all of those whose choice decides what fits. */
function sharedPairs(): Pair[][] {
  return Object.entries(candidateParameters)
    .filter(([name]) => !isOwnParameter(name))
    .map(([name, { field, format }]) => {
      const several: readonly string[] | undefined = { ...choices, promotion: promotions }[name];
      return (several ?? [format(defaultCandidate[field])]).map((value): Pair => `${name}=${value}`);
    });
}

/** What no strategy with tiers takes, tried on the one that refuses nothing itself: alone, then two together. */
export function refusedByAll(name: string): Refusals {
  const parameters = sharedPairs();
  const reasonOf = (pairs: readonly Pair[]): string | null => {
    const candidate = attempt(name, pairs);
    return typeof candidate === 'string' ? candidate.replaceAll(name, 'the strategy') : null;
  };
  const isFine = (pair: Pair) => reasonOf([pair]) === null;
  const alone = parameters
    .flat()
    .flatMap((pair) => (isFine(pair) ? [] : [[reasonOf([pair]) ?? '', pair] as const]));
  const together = parameters.flatMap((own, index) =>
    parameters.slice(index + 1).flatMap((others) =>
      own.filter(isFine).flatMap((one) =>
        others.filter(isFine).flatMap((other) => {
          const reason = reasonOf([one, other]);
          return reason === null ? [] : [[reason, `${one},${other}`] as const];
        }),
      ),
    ),
  );
  return grouped([...alone, ...together]);
}
