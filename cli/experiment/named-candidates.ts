import { lackOfRedisMemory } from '../../app/cache/settings/refused-settings.ts';
import type { Candidate } from '../../app/candidates/candidate.ts';
import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { DarkroomError } from '../../app/errors.ts';
import { CommandError } from '../errors.ts';
import { noCandidates } from './candidates-file.ts';
import type { CandidateTexts } from './candidates-file.ts';

/** A candidate of a command line, and how it is called: as the user wrote it. */
export type NamedCandidate = { readonly label: string; readonly candidate: Candidate };

/** Parses a candidate for the command line: what is wrong with it, for so many replicas, is the user's to mend. */
export function readCandidate(text: string, replicas = 1): Candidate {
  const candidate = parse(text);
  const lack = lackOfRedisMemory(candidate.cache, replicas);
  if (lack !== null)
    throw new CommandError('usage', lack, { remedy: 'Raise redis-memory, or take fewer --replicas.' });
  return candidate;
}

function parse(text: string): Candidate {
  try {
    return parseCandidate(text);
  } catch (error) {
    if (!(error instanceof DarkroomError)) throw error;
    const remedy = 'See: darkroom list strategies, and for what follows a name: darkroom list axes';
    throw new CommandError('usage', error.message, { remedy, cause: error });
  }
}

/** One that a file names is called by its name there, each other one by its text. */
export const readNamed = (
  label: string,
  replicas: number,
  texts: CandidateTexts = noCandidates,
): NamedCandidate => ({
  label,
  candidate: readCandidate(texts.get(label) ?? label, replicas),
});

/** Whether two spellings mean the same. */
export const isSameCandidate = (one: NamedCandidate, other: NamedCandidate): boolean =>
  formatCandidate(one.candidate) === formatCandidate(other.candidate);

/** Refuses more candidates than `most`, and two spellings of one. */
export function requireFewDistinct(all: readonly NamedCandidate[], most: number): void {
  if (all.length > most)
    throw new CommandError('usage', `${all.length} candidates are too many: at most ${most}.`);
  const labels = new Map<string, string>();
  for (const { label, candidate } of all) {
    const text = formatCandidate(candidate);
    const twin = labels.get(text);
    if (twin !== undefined)
      throw new CommandError('usage', `"${twin}" and "${label}" are the same candidate: ${text}.`, {
        remedy: 'Name each candidate once; the baseline of a comparison is run twice by itself.',
      });
    labels.set(text, label);
  }
}
