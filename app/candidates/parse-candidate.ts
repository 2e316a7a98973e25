import { closest, distance } from 'fastest-levenshtein';
import type { Axis, AxisValue } from '../contract/axis.ts';
import type { SystemDefinition, Systems } from '../contract/system.ts';
import { DarkroomError } from '../errors.ts';
import { systems as all } from '../systems.ts';
import type { AnyCandidate, AnyValues, Candidate, CandidateOver } from './candidate.ts';
import { completeValues } from './system-values.ts';

type NamedAxes = ReadonlyMap<string, Axis>;

function refuse(message: string): never {
  throw new DarkroomError('INVALID_CANDIDATE', message);
}

/** The nearest of the choices, when `word` is near to it. */
function suggestion(word: string, choices: readonly string[]): string {
  const nearest = closest(word, choices);
  return distance(word, nearest) <= Math.max(2, word.length / 3) ? ` Did you mean "${nearest}"?` : '';
}

/** `word`, `word:pair,pair`, or pairs alone. */
function splitText(text: string): { readonly word: string | null; readonly pairs: readonly string[] } {
  const cut = text.indexOf(':');
  if (cut >= 0) return { word: text.slice(0, cut), pairs: text.slice(cut + 1).split(',') };
  return text.includes('=') ? { word: null, pairs: text.split(',') } : { word: text, pairs: [] };
}

function leadingAxisOf(axes: NamedAxes): readonly [string, Axis] {
  const found = [...axes].find(([, { isLeadingWord }]) => isLeadingWord === true);
  return found ?? refuse('No system has a leading word.');
}

function readWord(axes: NamedAxes, word: string): readonly [string, AxisValue] {
  const [name, axis] = leadingAxisOf(axes);
  const value = axis.parse(word);
  if (value !== null) return [name, value];
  const choices = (axis.choices ?? []).map(String);
  return refuse(`There is no ${name} "${word}".${suggestion(word, choices)} Valid: ${choices.join(', ')}.`);
}

type Names = { readonly axes: NamedAxes; readonly explain: (name: string) => string | null };

function refuseName({ axes, explain }: Names, key: string): never {
  const reason = explain(key);
  if (reason !== null) return refuse(`There is no parameter "${key}". ${reason}`);
  const [leadingName, leading] = leadingAxisOf(axes);
  const names = [...axes.keys()].filter((name) => name !== leadingName);
  const hint =
    leading.parse(key) === null
      ? suggestion(key, names)
      : ` A ${leadingName} stands in front of a colon: ${key}:${names[0] ?? ''}=...`;
  return refuse(`There is no parameter "${key}".${hint} Valid: ${names.join(', ')}.`);
}

function readPair(names: Names, pair: string): readonly [string, AxisValue] {
  const cut = pair.indexOf('=');
  const key = cut < 0 ? pair : pair.slice(0, cut);
  const axis = names.axes.get(key) ?? refuseName(names, key);
  const text = cut < 0 ? '' : pair.slice(cut + 1);
  const value = cut < 0 ? null : axis.parse(text);
  return value === null ? refuse(`"${key}" takes ${axis.takes}, not "${text}".`) : [key, value];
}

/** What a text says, by the names of axes. */
function readText(names: Names, text: string): ReadonlyMap<string, AxisValue> {
  const { word, pairs } = splitText(text);
  const given = new Map<string, AxisValue>(word === null ? [] : [readWord(names.axes, word)]);
  for (const pair of pairs) {
    const [name, value] = readPair(names, pair);
    if (given.has(name)) refuse(`"${name}" is given twice.`);
    given.set(name, value);
  }
  return given;
}

/** The values of one system, from what a text says. */
function readSystem(system: SystemDefinition, said: ReadonlyMap<string, AxisValue>): AnyValues {
  const own = Object.entries(system.axes).flatMap(([name, { field }]) => {
    const value = said.get(name);
    return value === undefined ? [] : [{ name, field, value }];
  });
  const values = completeValues(system, Object.fromEntries(own.map(({ field, value }) => [field, value])));
  const reason = system.refuses(values, new Set(own.map(({ name }) => name)));
  return reason === null ? values : refuse(reason);
}

/** Throws where a system does not go with another one, as the text has chosen them. */
function refuseTogether(systems: Systems, candidate: AnyCandidate): void {
  const chosen = Object.fromEntries(Object.values(candidate).flatMap((values) => Object.entries(values)));
  for (const [name, system] of Object.entries(systems)) {
    const reason = system.refusesBeside?.(candidate[name] ?? {}, chosen) ?? null;
    if (reason !== null) refuse(reason);
  }
}

/** As `parseCandidate`, for a candidate of these systems. */
export function parseOver<S extends Systems>(systems: S, text: string): CandidateOver<S> {
  const axes = new Map(Object.values(systems).flatMap((system) => Object.entries(system.axes)));
  const explain = (name: string): string | null =>
    Object.values(systems)
      .map((system) => system.explains?.(name) ?? null)
      .find((reason) => reason !== null) ?? null;
  const said = readText({ axes, explain }, text);
  const values = Object.entries(systems).map(([name, system]) => [name, readSystem(system, said)] as const);
  refuseTogether(systems, Object.fromEntries(values));
  // Each system has the values of its own axes, which the type checker cannot follow through pairs.
  return Object.fromEntries(values) as CandidateOver<S>;
}

/**
 * Reads `strategy`, `strategy:axis=value,axis=value`, or axes alone, for which the strategy is the usual one. Throws
 * INVALID_CANDIDATE with what is valid, the nearest name, or the reason why a combination makes no sense.
 */
export const parseCandidate = (text: string): Candidate => parseOver(all, text);
