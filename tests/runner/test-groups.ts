import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** To start a process and load what most files load takes longer than most files run. */
const filesPerGroup = 25;

/**
 * What a file says that needs a process of its own: it changes the process, starts or asks other ones, waits before its tests are
 * declared, or measures what the process uses.
 */
const needsOwnProcess = [
  /\bprocess\./,
  /\bglobalThis\b/,
  /'node:(child_process|cluster|http|inspector|net|perf_hooks|v8|vm|worker_threads)'/,
  /^(const .* = |let .* = )?await /m,
  // They start something, or copy checkouts.
  /support\/[\w-]*(checkout|cli|compared|chromium|contained|judge|kill|other-run|own-redis|parent|pgbouncer|process|refusing|scraped|stack|toy|tracked|trouble|two-replicas|change-readers)/,
  // The program that writes the page waits for it.
  /docs\/[\w-]+-page\.ts'|'\.\/[\w-]+-page\.ts'/,
];

/** Files that share a process, or one that has its own; in the order of the files, a group where its first one stands. */
export function groupTestFiles(root: string, files: readonly string[]): (readonly string[])[] {
  const groups: string[][] = [];
  let open: string[] = [];
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    if (needsOwnProcess.some((sign) => sign.test(text))) {
      groups.push([file]);
      continue;
    }
    if (open.length % filesPerGroup === 0) groups.push((open = []));
    open.push(file);
  }
  return groups;
}
