import type { XStatic } from 'typebox/schema';
import { isOfForm } from '../contract/json-form.ts';
import { DarkroomError } from '../errors.ts';
import { isRolledUp } from './system.ts';
import type { CounterModeName, CounterSettings } from './system.ts';

/** Names of namespaces, of counters and of tokens: short, and without what a key, a channel or a log would have to escape. */
export const namespacePattern = '^[a-z][a-z0-9-]{0,31}$';
export const counterPattern = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$';
export const tokenPattern = '^[!-~]{1,64}$';

/** How the counters of one namespace count. */
export type CounterNamespace = {
  readonly name: string;
  readonly mode: CounterModeName;
  /** After its last write, a count in Redis is kept for so long. */
  readonly ttlMs: number;
  readonly cardinality: 'low' | 'high';
  readonly acceptLimitMs: number;
  readonly coalesceMs: number;
  /** Over so many places of the index the events of a counter are spread. It may be raised; lowered, older events are not found. */
  readonly buckets: number;
  /** No rollup reads more of a counter at once than the events of so long. */
  readonly bucketMs: number;
  /** Events are kept for so long, and until they are rolled up. */
  readonly retentionMs: number;
  /** Whether people may count there; where not, the service alone does. */
  readonly isOpen: boolean;
};

export type CounterNamespaces = ReadonlyMap<string, CounterNamespace>;

/** Namespaces that the service brings itself. */
const ownNames: readonly string[] = ['likes', 'followers', 'views', 'lab'];

const modes = ['row', 'best-effort', 'eventual', 'accurate', 'row-cas', 'flush', 'raw-log'] as const;
const secondsMax = 10 * 366 * 86_400;
const namespacesMax = 64;

/** The description stands behind "takes" where a value is wrong. */
const wholeNumber = (minimum: number, maximum: number) =>
  ({
    type: 'integer',
    minimum,
    maximum,
    description: `a whole number from ${minimum} to ${maximum}`,
  }) as const;

const Described = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { enum: modes, description: modes.join(', ') },
    ttlSeconds: wholeNumber(1, secondsMax),
    cardinality: {
      anyOf: [
        { type: 'string', const: 'low' },
        { type: 'string', const: 'high' },
      ],
      description: 'low or high',
    },
    acceptLimitMs: wholeNumber(10, 86_400_000),
    coalesceMs: wholeNumber(10, 3_600_000),
    buckets: wholeNumber(1, 16),
    secondsPerBucket: wholeNumber(1, 86_400),
    retentionSeconds: wholeNumber(60, secondsMax),
    isOpen: { type: 'boolean', description: 'true or false' },
  },
  additionalProperties: false,
} as const;
const NamespaceFile = { type: 'object', patternProperties: { '^.*$': Described } } as const;

type Described = XStatic<typeof Described>;

/** A week, as in the article. */
const retentionSeconds = 604_800;
const usualSecondsPerBucket = 600;
/** A counter that many raise is spread; of many counters each has few events. */
const usualBuckets = { low: 4, high: 1 } as const;

function completeNamespace(
  name: string,
  mode: CounterModeName,
  settings: CounterSettings,
  described: Omit<Described, 'type'> = {},
): CounterNamespace {
  const cardinality = described.cardinality ?? settings.cardinality;
  return {
    name,
    mode,
    ttlMs: (described.ttlSeconds ?? retentionSeconds) * 1_000,
    cardinality,
    acceptLimitMs: described.acceptLimitMs ?? settings.acceptMs,
    coalesceMs: described.coalesceMs ?? settings.coalesceMs,
    buckets: described.buckets ?? usualBuckets[cardinality],
    bucketMs: (described.secondsPerBucket ?? usualSecondsPerBucket) * 1_000,
    retentionMs: (described.retentionSeconds ?? retentionSeconds) * 1_000,
    isOpen: described.isOpen ?? false,
  };
}

/** What views are counted with: they may be wrong a little, where there is a Redis to do it. */
const modeOfViews = (mode: CounterModeName): CounterModeName => (isRolledUp(mode) ? 'best-effort' : mode);

export type NamespaceOptions = {
  readonly settings: CounterSettings;
  readonly hasRedis: boolean;
  readonly isLab: boolean;
  /** The contents of the file of namespaces; null: there is none. */
  readonly text: string | null;
};

/** The namespaces of a process. Throws INVALID_CONFIG, which names the field that is wrong. */
export function createNamespaces({ settings, hasRedis, isLab, text }: NamespaceOptions): CounterNamespaces {
  const mode = settings.counter;
  // Nobody could count these anew once Redis has let go of them.
  const kept = mode === 'best-effort' ? { ttlSeconds: secondsMax } : {};
  const own = [
    completeNamespace('likes', mode, settings, kept),
    completeNamespace('followers', mode, settings, kept),
    completeNamespace('views', modeOfViews(mode), settings),
    ...(isLab ? [completeNamespace('lab', mode, settings, { isOpen: true })] : []),
  ];
  const described = text === null ? {} : parseNamespaces(text);
  const further = Object.entries(described).map(([name, { type, ...others }]) => {
    const complaint = complaintAbout(type, mode, hasRedis);
    if (complaint !== null) throw refusal(`${name}.type: ${complaint}`);
    return completeNamespace(name, type, settings, others);
  });
  return new Map([...own, ...further].map((namespace) => [namespace.name, namespace]));
}

/** Why a namespace cannot count in that way here. */
function complaintAbout(type: CounterModeName, mode: CounterModeName, hasRedis: boolean): string | null {
  if (isRolledUp(type) && !isRolledUp(mode))
    return `${type} needs rollup workers, which run for a candidate with counter=eventual or counter=accurate.`;
  if (type === 'best-effort' && !hasRedis) return 'best-effort counts in Redis: set REDIS_URL.';
  return null;
}

const refusal = (what: string, cause?: unknown): DarkroomError =>
  new DarkroomError('INVALID_CONFIG', `DARKROOM_COUNTER_NAMESPACES: ${what}`, { cause });

function parseNamespaces(text: string): Readonly<Record<string, Described>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refusal('the file is no JSON.', error);
  }
  const complaint = describeWrong(value);
  if (complaint === null && isOfForm(NamespaceFile, value)) return value;
  throw refusal(`${complaint ?? 'the file is in no form that is known'}.`);
}

/** The first thing that is wrong, with the path of its field; null: nothing is. */
function describeWrong(value: unknown): string | null {
  const named = fieldsOf(value);
  if (named === null || Object.keys(named).length > namespacesMax)
    return `the file is an object of at most ${namespacesMax} namespaces by name`;
  for (const [name, one] of Object.entries(named)) {
    if (!new RegExp(namespacePattern).test(name))
      return `"${name}" is no name of a namespace, which matches ${namespacePattern}`;
    if (ownNames.includes(name))
      return `"${name}" is the service’s own, and counts as the candidate says; take another name`;
    const complaint = describeNamespace(one);
    if (complaint !== null) return `${name}${complaint}`;
  }
  return null;
}

function describeNamespace(one: unknown): string | null {
  const fields = fieldsOf(one);
  if (fields === null) return ' is an object with a type';
  const known: Readonly<Record<string, { readonly description: string }>> = Described.properties;
  if (!('type' in fields)) return `.type is missing; it takes ${modes.join(', ')}`;
  for (const [field, value] of Object.entries(fields)) {
    const schema = Object.hasOwn(known, field) ? known[field] : undefined;
    if (schema === undefined) return `.${field} is unknown; there are ${Object.keys(known).join(', ')}`;
    if (!isOfForm(schema, value)) return `.${field} takes ${schema.description}`;
  }
  return null;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
