import { execFileSync } from 'node:child_process';

/** Runs what follows with process ids and shared memory of its own, as in a container that has the same files. */
export const contained = ['unshare', '--pid', '--ipc', '--mount-proc', '--fork', '--kill-child'] as const;

/** Why there can be no containers here; false where there can. */
export function withoutContainers(): string | false {
  const [program, ...args] = contained;
  try {
    execFileSync(program, [...args, 'true'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'there can be no containers here (unshare)';
  }
}
