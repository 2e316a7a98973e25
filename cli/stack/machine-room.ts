import { readFileSync, statfsSync } from 'node:fs';
import type { Room } from './needs.ts';

/**
 * What the machine still has for us. Other platforms count memory as used that they would give at once: there nothing is known
 * of it.
 */
export function readMachineRoom(dataFolder: string): Pick<Room, 'memoryBytes' | 'openFiles' | 'diskBytes'> {
  const diskBytes = readFreeDisk(dataFolder);
  if (process.platform !== 'linux') return { memoryBytes: null, openFiles: null, diskBytes };
  return { memoryBytes: process.availableMemory(), openFiles: readOpenFilesLimit(), diskBytes };
}

function readFreeDisk(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
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
