import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { CommandError } from '../errors.ts';
import { readNamed } from '../experiment/named-candidates.ts';
import type { NamedCandidate } from '../experiment/named-candidates.ts';

const kibibyte = 1024;
/** The smallest memory tier that is simulated: a smaller one has no room for a hundred entries. */
const sizeMin = 128 * kibibyte;
/** How many sizes are simulated at most: from the smallest to the largest, each is twice the one before. */
const sizesMax = 12;

const lifetimes = ['60s', '300s'] as const;

/** The same lifetimes in words. */
export const lifetimesTried = ['1 min', '5 min'] as const;

const writeSize = (bytes: number): string =>
  bytes >= kibibyte ** 2 ? `${bytes / kibibyte ** 2}MiB` : `${bytes / kibibyte}KiB`;

/** Sizes of memory in doublings, up to one that holds everything. */
export function sizesUpTo(bytesOfAll: number): string[] {
  const sizes = [sizeMin];
  while ((sizes.at(-1) ?? 0) < bytesOfAll && sizes.length < sizesMax) sizes.push((sizes.at(-1) ?? 0) * 2);
  return sizes.map(writeSize);
}

/**
 * A candidate whose memory has room for everything, so that all that there is to keep ends up in it. Throws a
 * usage error for an unknown strategy, and for one that keeps nothing.
 */
export function roomyCandidate(strategy: string): NamedCandidate {
  readNamed(strategy, 1);
  const stacks = ['tiers=memory,memory=1GiB', 'tiers=memory+redis,memory=1GiB', 'tiers=redis'];
  const found = stacks.map((stack) => readAllowed(`${strategy}:${stack}`, 1));
  const roomy = found.find((one) => one !== null);
  if (roomy !== undefined && roomy !== null) return roomy;
  throw new CommandError('usage', `${strategy} keeps nothing, so that there is nothing to choose of it.`, {
    remedy: 'Name another --strategy; see: darkroom list strategies',
  });
}

/** Null: the strategy does not go with the rest, as one that queues writes in Redis with memory alone. */
function readAllowed(text: string, replicas: number): NamedCandidate | null {
  try {
    return readNamed(text, replicas);
  } catch (error) {
    if (error instanceof CommandError && error.reason === 'usage') return null;
    throw error;
  }
}

/**
 * What is simulated: each stack of the tiers that the simulator models, with each eviction, size and lifetime that the strategy allows.
 * Of those that mean the same there is one.
 */
export function candidateGrid(
  strategy: string,
  { bytesOfAll, replicas }: { readonly bytesOfAll: number; readonly replicas: number },
): NamedCandidate[] {
  const memories = Object.keys(evictionPolicies).flatMap((eviction) =>
    sizesUpTo(bytesOfAll).map((memory) => `eviction=${eviction},memory=${memory}`),
  );
  const stacks = [
    'tiers=redis',
    ...memories.map((memory) => `tiers=memory,${memory}`),
    ...memories.map((memory) => `tiers=memory+redis,${memory}`),
  ];
  const all = stacks.flatMap((stack) =>
    lifetimes.flatMap((ttl) => readAllowed(`${strategy}:${stack},ttl=${ttl}`, replicas) ?? []),
  );
  return [...new Map(all.map((one) => [formatCandidate(one.candidate), one] as const)).values()];
}
