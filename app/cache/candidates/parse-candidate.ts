import { closest, distance } from 'fastest-levenshtein';
import { DarkroomError } from '../../errors.ts';
import { keepsEntriesInRedis, needsDurableRedis } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { candidateParameters, defaultCandidate, isOwnParameter } from './candidate-parameters.ts';
import type { Parameter } from './candidate-parameters.ts';
import { invalidationKinds } from '../invalidation/index.ts';
import { redisBytesLeast } from './memory-bounds.ts';
import { strategies } from '../strategies/index.ts';
import type { StrategyName } from '../strategies/index.ts';
import type { StrategyDefinition } from '../strategy.ts';
import { tierKinds, tiersOf } from '../tiers/index.ts';
import type { TierDefinition } from '../tiers/tier.ts';

function refuse(message: string): never {
  throw new DarkroomError('INVALID_CANDIDATE', message);
}

/** `word` or, when it is near to one of the choices, that one as a suggestion. */
function suggestion(word: string, choices: readonly string[]): string {
  const nearest = closest(word, choices);
  return distance(word, nearest) <= Math.max(2, word.length / 3) ? ` Did you mean "${nearest}"?` : '';
}

/** The definition of a candidate's strategy. */
export function strategyOf({ strategy }: Pick<Candidate, 'strategy'>): StrategyDefinition {
  return strategies[strategy as StrategyName];
}

/** A strategy's defaults. Without a memory tier there is nobody to tell of a write. */
function defaultsOf(definition: StrategyDefinition, tiers: Candidate['tiers'] | undefined): Candidate {
  const usual = { ...defaultCandidate, ...definition.defaults, strategy: definition.name };
  const instead = invalidationKinds[usual.invalidation].insteadWithoutLocalTier;
  const hasLocal = tiersOf(tiers ?? usual.tiers).local !== null;
  return instead === null || hasLocal ? usual : { ...usual, invalidation: instead };
}

/** Parameters that speak of a tier that is not there. */
function missingTier({ tiers }: Candidate, given: ReadonlySet<string>): string | null {
  const { local, shared } = tiersOf(tiers);
  if ((local === null || shared === null) && given.has('promotion'))
    return '"promotion" is from redis to memory; it needs tiers=memory+redis.';
  for (const kind of Object.values<TierDefinition>(tierKinds)) {
    if (kind === local || kind === shared) continue;
    for (const [key, what] of Object.entries(kind.parameters))
      if (given.has(key)) return `"${key}" ${what}, and there is none.`;
  }
  return null;
}

/** Mechanisms that need something which the candidate does not have. */
function missingPart({ tiers, invalidation, protection }: Candidate): string | null {
  const { local, shared } = tiersOf(tiers);
  const reason = invalidationKinds[invalidation].refuses({
    hasLocalTier: local !== null,
    hasSharedTier: shared !== null,
    joinsLoads: protection !== 'none',
  });
  if (reason !== null) return reason;
  if (protection === 'lease' && shared === null)
    return 'protection=lease is given by redis, and there is none.';
  return null;
}

/** Why the Redis of a candidate with so many replicas would be full before it keeps anything, or null. */
export function lackOfRedisMemory(candidate: Candidate, replicas: number): string | null {
  const least = redisBytesLeast(candidate, replicas);
  if (!keepsEntriesInRedis(candidate) || candidate.redisMemoryBytes >= least) return null;
  const format = candidateParameters['redis-memory']?.format ?? String;
  const queue = needsDurableRedis(candidate) ? `, a queue of ${candidate.queueEntriesMax} writes` : '';
  const whose = replicas === 1 ? 'a replica' : `${replicas} replicas`;
  return `redis-memory=${format(candidate.redisMemoryBytes)} is less than Redis takes for itself${queue} and ${whose}: at least ${format(least)}.`;
}

/** Reasons why a combination makes no sense, or null. */
function contradiction(candidate: Candidate, given: ReadonlySet<string>): string | null {
  const definition = strategyOf(candidate);
  const [parameter] = given;
  if (!definition.usesTiers) {
    if (parameter === undefined) return null;
    return `${candidate.strategy} keeps nothing, so "${parameter}" has no meaning for it.`;
  }
  if (candidate.tiers === 'none')
    return `${candidate.strategy} needs a tier; the candidate without one is no-cache.`;
  const foreign = [...given].find((key) => isOwnParameter(key) && !definition.parameters.includes(key));
  if (foreign !== undefined) {
    const owners = (Object.values(strategies) as StrategyDefinition[])
      .filter(({ parameters }) => (parameters as readonly string[]).includes(foreign))
      .map(({ name }) => name);
    return `"${foreign}" has no meaning for ${candidate.strategy}; it is a parameter of ${owners.join(' and ')}.`;
  }
  return (
    definition.refuses(candidate) ??
    missingTier(candidate, given) ??
    missingPart(candidate) ??
    lackOfRedisMemory(candidate, 1)
  );
}

function readParameter(pair: string): readonly [string, Parameter, string | number] {
  const cut = pair.indexOf('=');
  const key = cut < 0 ? pair : pair.slice(0, cut);
  const names = Object.keys(candidateParameters);
  const parameter = candidateParameters[key];
  if (parameter === undefined || !Object.hasOwn(candidateParameters, key)) {
    return refuse(`There is no parameter "${key}".${suggestion(key, names)} Valid: ${names.join(', ')}.`);
  }
  const value = cut < 0 ? null : parameter.parse(pair.slice(cut + 1));
  if (value === null)
    return refuse(`"${key}" takes ${parameter.takes}, not "${cut < 0 ? '' : pair.slice(cut + 1)}".`);
  return [key, parameter, value];
}

/**
 * Reads `name` or `name:key=value,key=value`. Throws INVALID_CANDIDATE with what is valid, the nearest name, or the reason
 * why a combination makes no sense.
 */
export function parseCandidate(text: string): Candidate {
  const cut = text.indexOf(':');
  const name = cut < 0 ? text : text.slice(0, cut);
  const names = Object.keys(strategies);
  if (!Object.hasOwn(strategies, name)) {
    return refuse(`There is no strategy "${name}".${suggestion(name, names)} Valid: ${names.join(', ')}.`);
  }
  const given = new Map<string, readonly [Parameter, string | number]>();
  for (const pair of cut < 0 ? [] : text.slice(cut + 1).split(',')) {
    const [key, parameter, value] = readParameter(pair);
    if (given.has(key)) refuse(`"${key}" is given twice.`);
    given.set(key, [parameter, value]);
  }
  const settings: Partial<Candidate> = Object.fromEntries(
    [...given.values()].map(([{ field }, value]) => [field, value]),
  );
  const candidate: Candidate = {
    ...defaultsOf(strategies[name as StrategyName], settings.tiers),
    ...settings,
  };
  const reason = contradiction(candidate, new Set(given.keys()));
  return reason === null ? candidate : refuse(reason);
}

/** The shortest text that gives the same candidate: parameters at their defaults are left out. */
export function formatCandidate(candidate: Candidate): string {
  const usual = defaultsOf(strategyOf(candidate), candidate.tiers);
  const pairs = Object.entries(candidateParameters)
    .filter(([, { field }]) => candidate[field] !== usual[field])
    .map(([key, { field, format }]) => `${key}=${format(candidate[field])}`);
  return pairs.length === 0 ? candidate.strategy : `${candidate.strategy}:${pairs.join(',')}`;
}
