import type { FenceDefinition } from './fence.ts';
import { noFence } from './no-fence.ts';
import { versionFence } from './version-fence.ts';

/** Every kind of fence. The choices of a candidate derive from this list. */
export const fenceKinds = {
  none: noFence,
  version: versionFence,
} as const satisfies Readonly<Record<string, FenceDefinition>>;
