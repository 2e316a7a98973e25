import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import type { XStatic } from 'typebox/schema';

export const ProcessIdentityForm = {
  type: 'object',
  required: ['pid', 'startTime', 'realm'],
  properties: {
    pid: { type: 'integer' },
    startTime: { type: 'string' },
    realm: { type: 'string' },
  },
} as const;

/**
 * A process that is told apart from a later one with the same number by when it started, and from one with the same number
 * in another container by where its number counts.
 */
export type ProcessIdentity = Readonly<XStatic<typeof ProcessIdentityForm>>;

/** When a live process started, in whatever unit the platform has; null when there is no such process. */
function startTimeOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? null : (fields[19] ?? null);
    }
    // In one language and time zone, so that two shells read the same.
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env }).trim() || null;
  } catch {
    return null;
  }
}

/** Where the process ids that we see count: this boot of this machine, and this container's ids. */
function ownRealm(): string {
  if (process.platform !== 'linux') return process.platform;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
}

/** Whether this very process lives. False for one whose number is another container's: it cannot be told from here. */
export function isSameProcess({ pid, startTime, realm }: ProcessIdentity): boolean {
  return realm === ownRealm() && startTimeOf(pid) === startTime;
}

/** Of a process that lives. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) ?? '', realm: ownRealm() };
}
