import type { Readable, Writable } from 'node:stream';
import { DarkroomError } from '../errors.ts';

/** The command line of a Varnish, over its standard input and output: only its parent may write there. */
export type VarnishCli = {
  /** Sends one command and waits for its answer. Throws EDGE_FAILED with what Varnish says, also once it has gone. */
  ask(command: string): Promise<string>;
};

type Answer = { readonly status: number; readonly text: string };
type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };

const done = 200;
/** Status, length of the text, line's end: `200 14      \n`. */
const headBytes = 13;
/** Loading a configuration compiles it; a machine may be busy. */
const answerLimitMs = 60_000;
/** What Varnish says is some lines; more than this is not its command line. */
const answerBytesMax = 2 ** 20;

/** Answers come in the order of the questions, after one that nobody has asked: its greeting. */
export function createVarnishCli(input: Writable, output: Readable): VarnishCli {
  const waiting: Waiting[] = [];
  let unread = Buffer.alloc(0);
  let gone: Error | null = null;
  const leave = (error: Error): void => {
    gone ??= error;
    for (const { reject } of waiting.splice(0)) reject(gone);
  };
  const next = (): Promise<Answer> => {
    if (gone !== null) return Promise.reject(gone);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    waiting.push({ resolve, reject });
    return promise;
  };
  output.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    if (unread.length > answerBytesMax) return leave(failed('it says more than it was asked'));
    for (let answer = takeAnswer(); answer !== null; answer = takeAnswer()) waiting.shift()?.resolve(answer);
  });
  const takeAnswer = (): Answer | null => {
    const [status, length] = unread.toString('latin1', 0, headBytes).split(' ').filter(Boolean).map(Number);
    const end = headBytes + (length ?? 0) + 1;
    if (status === undefined || length === undefined || unread.length < end) return null;
    const text = unread.toString('utf8', headBytes, end - 1);
    unread = unread.subarray(end);
    return { status, text };
  };
  output.once('close', () => leave(failed('it has ended')));
  input.on('error', (error) => leave(failed(error.message)));
  const greeted = next();
  // Whoever asks hears of it.
  greeted.catch(() => {});
  return {
    async ask(command) {
      await greeted;
      const answer = next();
      input.write(`${command}\n`);
      const limit = setTimeout(() => leave(failed(`it has not answered "${command}"`)), answerLimitMs);
      try {
        const { status, text } = await answer;
        if (status !== done) throw failed(`${command}: ${text.trim()}`);
        return text;
      } finally {
        clearTimeout(limit);
      }
    },
  };
}

const failed = (why: string): DarkroomError =>
  new DarkroomError('EDGE_FAILED', `The HTTP cache of the edge cannot go on: ${why}.`);
