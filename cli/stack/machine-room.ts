import { readFileSync } from 'node:fs';
import type { Room } from './needs.ts';

/** What the machine still has for us. Other platforms count memory as used that they would give at once: there nothing is known. */
export function readMachineRoom(): Pick<Room, 'memoryBytes' | 'openFiles'> {
  if (process.platform !== 'linux') return { memoryBytes: null, openFiles: null };
  return { memoryBytes: process.availableMemory(), openFiles: readOpenFilesLimit() };
}

/** Of this process, which its children inherit; Node has raised it as far as it may. */
function readOpenFilesLimit(): number | null {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined || soft === 'unlimited' ? null : Number(soft);
  } catch {
    return null;
  }
}
