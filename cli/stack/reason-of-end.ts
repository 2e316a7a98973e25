import type { Exit, SupervisedProcess } from './supervised-process.ts';

/** Lines by which PostgreSQL and its programs, Node, V8 and the processes of the service say why they end. */
const isReason =
  /\b(?:FATAL|PANIC):\s|^\w+: (?:fatal |)error: |^(?:Uncaught )?\w*Error\b.*|^darkroom [a-z][\w-]*: |^FATAL ERROR: /;
/** What belongs to the line above it. */
const isMore = /\b(?:DETAIL|HINT|detail|hint):\s/;
/** Node ends the report of an uncaught error with its version. */
const isNoise = /^\s*$|^Node\.js v[\d.]+$/;

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => !isNoise.test(line));
}

/** The first line that says why, with its details; empty where none does. */
function decisiveLines(lines: readonly string[], linesMax: number): string[] {
  const at = lines.findIndex((line) => isReason.test(line));
  if (at === -1) return [];
  const more = lines.slice(at + 1).filter((line) => isMore.test(line));
  return [lines[at] as string, ...more.slice(0, linesMax - 1)];
}

/** A message holds so many lines of a program. */
const linesMax = 3;

/** Of what a program wrote, the lines that say why it failed; where none does, the last ones. */
export function reasonIn(output: string): string[] {
  const lines = linesOf(output);
  const decisive = decisiveLines(lines, linesMax);
  return decisive.length > 0 ? decisive : lines.slice(-linesMax);
}

/** Of a log, so much is looked at. */
const logLinesMax = 100;

/** Why a child has ended or does not start: in its own words, or by its exit. */
export function reasonOfEnd({ lastLines }: Pick<SupervisedProcess, 'lastLines'>, exit: Exit | null): string {
  const lines = linesOf(lastLines(logLinesMax).replaceAll('\n  ', '\n'));
  const decisive = decisiveLines(lines, linesMax);
  if (decisive.length > 0) return decisive.join('\n  ');
  // A process that is killed writes nothing about it.
  if (exit !== null && exit.signal !== null) {
    const by = exit.signal === 'SIGKILL' ? '; the kernel does so for want of memory' : '';
    return `it was ended by ${exit.signal}${by}`;
  }
  if (lines.length > 0) return lines.slice(-linesMax).join('\n  ');
  return exit === null ? 'it has said nothing' : `it has said nothing, and ended with status ${exit.code}`;
}
