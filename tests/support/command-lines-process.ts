/**
 * A process that runs several command lines one after the other, each as `darkroom` does. What each has said ends with a mark in both
 * streams; in stdout, its exit status stands before that.
 */
import { endMark, statusMark } from './command-lines.ts';

const [node = '', , lines = '[]'] = process.argv;
const main = new URL('../../cli/main.ts', import.meta.url);

for (const [index, line] of (JSON.parse(lines) as readonly (readonly string[])[]).entries()) {
  process.argv = [node, main.pathname, ...line];
  process.exitCode = 0;
  // A module runs once for each address.
  await import(`${main.href}?${index}`);
  process.stdout.write(`${statusMark}${process.exitCode}${endMark}`);
  process.stderr.write(endMark);
}
process.exitCode = 0;
