import type { BlockRecord } from './records.ts';

type Judged = Pick<BlockRecord, 'status' | 'findings'>;

/** Together: whether a round went so wrong that it says nothing of any candidate, and none of them is at fault. */
export function isSpoiledForAll({ status, findings }: Judged): boolean {
  return status === 'invalid' && findings.some(({ kind, fault }) => kind === 'hard' && fault !== 'service');
}

/** Whether a world failed by itself. */
export function isFailure(block: Judged): boolean {
  return block.status === 'invalid' && !isSpoiledForAll(block);
}
