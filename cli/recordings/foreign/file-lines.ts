import { StringDecoder } from 'node:string_decoder';
import { readBytes } from '../file-bytes.ts';
import type { Complaints } from '../recording-invalid.ts';

/** Longer than any line of most logs; a file without lines must not fill the memory. */
const usualCharactersMax = 1 << 18;

/** Some programs begin a text with it; it is no part of the first line. */
const byteOrderMark = '\ufeff';

/** Lines that follow each other, without their ends; `first` is the number of the first one, counted from 1. */
export type Lines = { readonly first: number; readonly lines: readonly string[] };

export async function* readLines(
  file: string,
  complaints: Complaints,
  charactersMax = usualCharactersMax,
): AsyncGenerator<Lines> {
  const decoder = new StringDecoder('utf8');
  let first = 1;
  let rest = '';
  let isStart = true;
  for await (const bytes of readBytes(file)) {
    const text = decoder.write(bytes);
    const [begun = '', ...lines] = (isStart && text.startsWith(byteOrderMark) ? text.slice(1) : text).split(
      '\n',
    );
    isStart &&= text === '';
    // Only what is new is looked through: a long line comes in many pieces.
    lines.unshift(rest + begun);
    rest = lines.pop() ?? '';
    if (rest.length > charactersMax)
      throw complaints.at(
        first + lines.length,
        `it is longer than ${charactersMax} characters; a file of lines is expected.`,
      );
    if (lines.length > 0) yield { first, lines: lines.map(withoutReturn) };
    first += lines.length;
  }
  rest += decoder.end();
  if (rest !== '') yield { first, lines: [withoutReturn(rest)] };
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
