import { readFileSync } from 'node:fs';
import { isOfForm } from '../../app/contract/json-form.ts';
import { systems } from '../../app/systems.ts';
import { CommandError } from '../errors.ts';

/** Candidates of a file: their texts, by the names that they have there. */
export type CandidateTexts = ReadonlyMap<string, string>;

export const noCandidates: CandidateTexts = new Map();

const Value = { anyOf: [{ type: 'string' }, { type: 'number' }] } as const;
/** A class of entries and what is said of it: `{ "ttl": "10m" }` of `photo` is the axis `photo-ttl`. */
const Policy = { type: 'object', patternProperties: { '^.*$': Value } } as const;
const Described = {
  type: 'object',
  properties: {
    strategy: { type: 'string' },
    axes: { type: 'object', patternProperties: { '^.*$': Value } },
    classes: { type: 'object', patternProperties: { '^.*$': Policy } },
  },
  additionalProperties: false,
} as const;
const CandidatesFile = {
  type: 'object',
  required: ['candidates'],
  properties: {
    candidates: { type: 'object', patternProperties: { '^.*$': { anyOf: [{ type: 'string' }, Described] } } },
  },
  additionalProperties: false,
} as const;

/**
 * The form of a candidate's name. It is one word on the command line; the name of a strategy is refused
 * besides, since that is a candidate by itself.
 */
const nameForm = /^[a-z][a-z0-9-]{0,39}$/;

function refuse(file: string, message: string): never {
  throw new CommandError('usage', `${file}: ${message}`, {
    remedy:
      'A file of candidates is {"candidates": {"NAME": "versioned:ttl=5s", "OTHER": {"strategy": "versioned", "axes": {"ttl": "60s"}, "classes": {"photo": {"ttl": "10m"}}}}}.',
  });
}

function readContent(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(file, `${(error as Error).message}.`);
  }
}

/** The texts of the candidates that a file describes. Throws a usage error that names the file and what is expected. */
export function readCandidatesFile(file: string): CandidateTexts {
  const content = readContent(file);
  if (!isOfForm(CandidatesFile, content))
    return refuse(file, 'it is not of the form of a file of candidates.');
  const entries = Object.entries(content.candidates);
  if (entries.length === 0) return refuse(file, 'it has no candidate.');
  return new Map(
    entries.map(([name, described]) => {
      if (!nameForm.test(name) || systems.cache.axes.strategy.parse(name) !== null)
        return refuse(
          file,
          `"${name}" cannot be the name of a candidate: small letters, digits and hyphens, and no strategy.`,
        );
      return [name, typeof described === 'string' ? described : textOf(described)] as const;
    }),
  );
}

type DescribedCandidate = {
  readonly strategy?: string;
  readonly axes?: Readonly<Record<string, string | number>>;
  readonly classes?: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
};

function textOf({ strategy = 'cache-aside', axes = {}, classes = {} }: DescribedCandidate): string {
  const ofClasses = Object.entries(classes).flatMap(([name, policy]) =>
    Object.entries(policy).map(([what, value]) => [`${name}-${what}`, value] as const),
  );
  const pairs = [...Object.entries(axes), ...ofClasses].map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? strategy : `${strategy}:${pairs.join(',')}`;
}
