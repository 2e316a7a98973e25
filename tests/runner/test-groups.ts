import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Text by which a file shows that it needs a process of its own. */
const needsOwnProcess = [
  // The file changes the process, listens to its events, or measures what it uses.
  /\bprocess\.(chdir|exit|getActiveResourcesInfo|memoryUsage|off|on|once|stdin|umask)\b/,
  /\bprocess\.env(\.\w+|\[.*?\]) = |\bdelete process\.env\b|\bassign\(process\.env\b/,
  /\bglobalThis\b/,
  // Tracing is one for the whole process, once it has begun.
  /start-tracing\.ts'|'@opentelemetry\//,
  /'node:(cluster|inspector|perf_hooks|v8|vm|worker_threads)'/,
  // The file runs whole commands, or copies checkouts.
  /\brunCli\b|support\/[\w-]*(checkout|compared|chromium|contained|toy|trouble|watched)/,
];

/**
 * Text by which a file shows that it starts servers or other processes: it waits for them, and takes as long
 * as many other files.
 */
const startsOthers =
  /'node:child_process'|support\/[\w-]*(edge|judge|kill|other-run|own-redis|parent|pgbouncer|process|refusing|stack)/;

/** How many share a process: to start one and load what most files load takes longer than most of them run. */
const [filesPerGroup, filesPerWaitingGroup] = [25, 6];

/** Files that share a process, or one that has its own; in the order of the files, a group where its first one stands. */
export function groupTestFiles(root: string, files: readonly string[]): (readonly string[])[] {
  const groups: string[][] = [];
  const [quick, waiting] = [openGroups(filesPerGroup, groups), openGroups(filesPerWaitingGroup, groups)];
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    if (needsOwnProcess.some((sign) => sign.test(text))) groups.push([file]);
    else (startsOthers.test(text) ? waiting : quick)(file);
  }
  return groups;
}

/** Puts each file that it is given in the group that is open, or in a new one at the end of all. */
function openGroups(size: number, groups: string[][]): (file: string) => void {
  let open: string[] = [];
  return (file) => {
    if (open.length % size === 0) groups.push((open = []));
    open.push(file);
  };
}
