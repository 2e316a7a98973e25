import { closest, distance } from 'fastest-levenshtein';
import { DarkroomError } from '../errors.ts';
import { strategies } from './strategies/index.ts';
import type { StrategyName } from './strategies/index.ts';
import type { StrategyDefinition } from './strategy.ts';

export const tierStacks = ['none', 'memory', 'redis', 'memory+redis'] as const;
export const protections = ['none', 'single-flight'] as const;
export const invalidations = ['ttl', 'pubsub'] as const;

/** A strategy with its parameters: one configuration that can be compared with others. */
export type Candidate = {
  readonly strategy: StrategyName;
  readonly tiers: (typeof tierStacks)[number];
  readonly ttlMs: number;
  /** Share of the TTL, 0 to 0.5, that is subtracted at random. */
  readonly ttlJitter: number;
  /** TTL of what no write invalidates. */
  readonly feedTtlMs: number;
  /** Bound of the memory tier of one replica. */
  readonly memoryBytes: number;
  readonly protection: (typeof protections)[number];
  readonly invalidation: (typeof invalidations)[number];
};

type Parameter = {
  readonly field: keyof Candidate;
  readonly takes: string;
  readonly meaning: string;
  readonly parse: (text: string) => string | number | null;
  readonly format: (value: string | number) => string;
};

const choice = (choices: readonly string[]): Pick<Parameter, 'takes' | 'parse' | 'format'> => ({
  takes: choices.join(' | '),
  parse: (text) => (choices.includes(text) ? text : null),
  format: String,
});

function parseUnits(text: string, units: Readonly<Record<string, number>>, most: number): number | null {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text);
  const unit = units[match?.[2] ?? ''];
  if (match === null || unit === undefined) return null;
  const value = Number(match[1]) * unit;
  return value > 0 && value <= most && Number.isInteger(value) ? value : null;
}

function formatUnits(value: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(([, size]) => value % size === 0);
  const [name, size] = fitting.at(-1) ?? (Object.entries(units)[0] as [string, number]);
  return `${value / size}${name}`;
}

const timeUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const byteUnits = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const duration: Pick<Parameter, 'takes' | 'parse' | 'format'> = {
  takes: 'a time such as 500ms, 5s or 2m, at most 24h',
  parse: (text) => parseUnits(text, timeUnits, 24 * timeUnits.h),
  format: (value) => formatUnits(Number(value), timeUnits),
};

/** What can follow the colon of a candidate. Parsing, help and docs derive from this table. */
export const candidateParameters: Readonly<Record<string, Parameter>> = {
  tiers: { field: 'tiers', meaning: 'where entries live', ...choice(tierStacks) },
  ttl: { field: 'ttlMs', meaning: 'lifetime of an entry', ...duration },
  jitter: {
    field: 'ttlJitter',
    meaning: 'share of the lifetime that is subtracted at random',
    takes: 'a number from 0 to 0.5',
    parse: (text) => (/^0?(\.\d+)?$/.test(text) && text !== '' && Number(text) <= 0.5 ? Number(text) : null),
    format: String,
  },
  'feed-ttl': { field: 'feedTtlMs', meaning: 'lifetime of a feed, which no write invalidates', ...duration },
  memory: {
    field: 'memoryBytes',
    meaning: 'bound of the memory tier of one replica',
    takes: 'a size such as 512KiB or 64MiB, at most 4GiB',
    parse: (text) => parseUnits(text, byteUnits, 4 * byteUnits.GiB),
    format: (value) => formatUnits(Number(value), byteUnits),
  },
  protection: {
    field: 'protection',
    meaning: 'what keeps one miss from becoming many loads',
    ...choice(protections),
  },
  invalidation: {
    field: 'invalidation',
    meaning: 'how the other replicas hear of a write',
    ...choice(invalidations),
  },
};

function refuse(message: string): never {
  throw new DarkroomError('INVALID_CANDIDATE', message);
}

/** `word` or, when it is near to one of the choices, that one as a suggestion. */
function suggestion(word: string, choices: readonly string[]): string {
  const nearest = closest(word, choices);
  return distance(word, nearest) <= Math.max(2, word.length / 3) ? ` Did you mean "${nearest}"?` : '';
}

function defaultsOf(strategy: StrategyName): Candidate {
  const definition: StrategyDefinition = strategies[strategy];
  return {
    strategy,
    tiers: definition.usesTiers ? 'memory+redis' : 'none',
    ttlMs: 60_000,
    ttlJitter: 0.1,
    feedTtlMs: 10_000,
    memoryBytes: 64 * byteUnits.MiB,
    protection: definition.defaultProtection,
    invalidation: 'ttl',
  };
}

/** Reasons why a combination makes no sense, or null. */
function contradiction(candidate: Candidate, given: ReadonlySet<string>): string | null {
  const definition: StrategyDefinition = strategies[candidate.strategy];
  const [parameter] = given;
  if (!definition.usesTiers && parameter !== undefined) {
    return `${candidate.strategy} keeps nothing, so "${parameter}" has no meaning for it.`;
  }
  if (definition.usesTiers && candidate.tiers === 'none') {
    return `${candidate.strategy} needs a tier; the candidate without one is no-cache.`;
  }
  const hasMemory = candidate.tiers.includes('memory');
  if (candidate.invalidation === 'pubsub' && !hasMemory) {
    return 'invalidation=pubsub clears memory tiers, and there is none: redis is shared.';
  }
  if (given.has('memory') && !hasMemory) return '"memory" bounds the memory tier, and there is none.';
  return null;
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
  const defaults = defaultsOf(name as StrategyName);
  const settings: Candidate = {
    ...defaults,
    ...Object.fromEntries([...given.values()].map(([p, value]) => [p.field, value])),
  };
  const hasMemory = settings.tiers.includes('memory');
  const candidate: Candidate = given.has('invalidation')
    ? settings
    : { ...settings, invalidation: hasMemory ? 'pubsub' : 'ttl' };
  const reason = contradiction(candidate, new Set(given.keys()));
  return reason === null ? candidate : refuse(reason);
}

/** The shortest text that gives the same candidate: parameters at their defaults are left out. */
export function formatCandidate(candidate: Candidate): string {
  const plain = parseCandidate(candidate.strategy);
  const implied = candidate.tiers.includes('memory') ? 'pubsub' : 'ttl';
  const usual: Candidate = {
    ...plain,
    invalidation: strategies[candidate.strategy].usesTiers ? implied : 'ttl',
  };
  const pairs = Object.entries(candidateParameters)
    .filter(([, { field }]) => candidate[field] !== usual[field])
    .map(([key, { field, format }]) => `${key}=${format(candidate[field])}`);
  return pairs.length === 0 ? candidate.strategy : `${candidate.strategy}:${pairs.join(',')}`;
}

/** Whether the candidate talks to a Redis at all. */
export function needsRedis(candidate: Candidate): boolean {
  return candidate.tiers.includes('redis') || candidate.invalidation === 'pubsub';
}
