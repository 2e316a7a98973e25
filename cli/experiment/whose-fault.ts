import type { BlockRecord } from './records.ts';

type Judged = Pick<BlockRecord, 'status' | 'findings'>;

/**
 * Whether a round together went so wrong that it says nothing of any candidate, through no fault of theirs.
 */
export function isSpoiledForAll({ status, findings }: Judged): boolean {
  return status === 'invalid' && findings.some(({ kind, fault }) => kind === 'hard' && fault !== 'service');
}

/** Whether a world failed by itself. */
export function isFailure(block: Judged): boolean {
  return block.status === 'invalid' && !isSpoiledForAll(block);
}
