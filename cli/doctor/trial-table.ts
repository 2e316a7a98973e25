import { alignColumns, columnsMax, wrapWords } from '../report/text-columns.ts';
import type { Trial } from '../stack/trial.ts';

const header = ['part', 'tried', 'result', 'what it said'] as const;
/** The words have this much room at least, however long what was tried is called. */
const wordsMin = 30;

/** A row for each trial; below the words of one that failed, what to do about it. */
export function renderTrials(trials: readonly Trial[]): string {
  const left = trials.map(({ part, tried, result }, index) => [
    part === trials[index - 1]?.part ? '' : part,
    tried,
    result,
  ]);
  const lead = alignColumns([header.slice(0, 3), ...left], () => true);
  const indent = Math.max(...lead.map((line) => line.length)) + 2;
  const width = Math.max(wordsMin, columnsMax - indent);
  const rows = trials.flatMap((trial, index) =>
    wordsOfTrial(trial, width).map((words, line) =>
      `${(line === 0 ? (lead[index + 1] ?? '') : '').padEnd(indent)}${words}`.trimEnd(),
    ),
  );
  return `${[`${(lead[0] ?? '').padEnd(indent)}${header[3]}`, ...rows].join('\n')}\n`;
}

function wordsOfTrial({ said, remedy }: Trial, width: number): string[] {
  const words = said.split('\n').flatMap((line) => wrapWords(line.trim(), width));
  return remedy === '' ? words : [...words, ...wrapWords(`→ ${remedy}`, width)];
}
