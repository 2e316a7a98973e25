import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { Redis } from 'ioredis';
import type { CompareResult } from '../../cli/report/compare-result.ts';
import { askAgain } from './ask-again.ts';
import { childrenOf } from './run-cli.ts';

/** At a higher rate k6 makes more virtual users, which takes it longer than all that they send. */
export const small = ['--people', '60', '--photos', '300', '--rate', '20'];
/** An experiment of seconds: what is tested is how it ends, not what it finds. */
export const miniature = [...small, '--warm-up-requests', '20', '--measure', '1'];

const checkout = join(import.meta.dirname, '..', '..');

const createCheck = (root: string) =>
  new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync(join(root, 'docs', 'schemas', 'compare-result.schema.json'), 'utf8')) as object,
  );
const isResult = createCheck(checkout);

/** A result as others read it. Fails when the published schema, of this checkout or of another one, does not know it. */
export function readResult(file: string, root = checkout): CompareResult {
  const result: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const check = root === checkout ? isResult : createCheck(root);
  assert.ok(check(result), JSON.stringify(check.errors));
  return result as CompareResult;
}

type Block = CompareResult['blocks'][number];

/** Whether nothing went wrong in a round of a world. */
export const isWholeBlock = ({ status, errors }: Block): boolean => status === 'valid' && errors === 0;

const timesMax = 4;

/**
 * An experiment of seconds is spoiled by one request that fails, and a busy machine fails some: then it is run again, a few times. What is
 * looked at is the last one.
 */
export async function untilUnspoiled<Run extends { readonly result: CompareResult }>(
  run: () => Promise<Run>,
  isUnspoiled = ({ result: { blocks } }: Run): boolean => blocks.length > 0 && blocks.every(isWholeBlock),
): Promise<Run> {
  return askAgain(run, (ended) => !isUnspoiled(ended), timesMax);
}

/** Where the run says that its results are kept. */
export function runFolderOf(stderr: string): string {
  const [, folder] = /^Results are kept in (.*)$/m.exec(stderr) ?? [];
  assert.ok(folder !== undefined, stderr);
  return folder;
}

/** The process of a replica: worlds are numbered from 1 on, the baseline first, the control last. */
export function replicaPidOf(owner: number, world: number, replica = 1): number | undefined {
  return [...childrenOf(owner)].find(([name]) => name.endsWith(`_${world}-${replica}`))?.[1];
}

/** Makes the Redis of a world refuse every write from now on. Only the world itself knows its address. */
export async function refuseWrites(owner: number, world: number): Promise<void> {
  const variables = readFileSync(`/proc/${replicaPidOf(owner, world)}/environ`, 'utf8').split('\0');
  const [, url] =
    /^REDIS_URL=(.*)$/.exec(variables.find((text) => text.startsWith('REDIS_URL=')) ?? '') ?? [];
  assert.ok(url !== undefined, `world ${world} has no Redis`);
  const redis = new Redis(url, { retryStrategy: () => null });
  try {
    await redis.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '1');
  } finally {
    redis.disconnect();
  }
}

/** A line of `requests.csv.gz`. */
export type KeptRequest = {
  readonly round: number;
  readonly request: number;
  readonly candidate: string;
  readonly responseUs: number;
  readonly isPaired: boolean;
};

export function readKeptRequests(folder: string): KeptRequest[] {
  const [head = '', ...lines] = gunzipSync(readFileSync(join(folder, 'requests.csv.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  const columns = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    return {
      round: Number(cell('round')),
      request: Number(cell('request')),
      candidate: cell('candidate'),
      responseUs: Number(cell('responseUs')),
      isPaired: cell('paired') === '1',
    };
  });
}
