import { existsSync } from 'node:fs';

export type Command = { readonly command: string; readonly args: readonly string[] };

export type Binding = {
  /** What the kernel sends it when we die. */
  readonly signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM';
  /** The user that it runs as; absent: ours. */
  readonly user?: { readonly uid: number; readonly gid: number } | null;
};

const setpriv = '/usr/bin/setpriv';

/**
 * The child itself sets the death signal, a moment after its start. If its owner has died before that, no
 * signal comes: so the child then looks whether its parent is still the process that started it.
 */
const goOnWithOwner = '[ "$PPID" = "$0" ] && exec "$@"';

/** Whether the kernel ends children with us here; elsewhere the next start does. */
export const endsWithOwner = existsSync(setpriv);

/** A command whose process the kernel ends with ours, even by SIGKILL; where it cannot, the command as it is. */
export function bindToOwner({ command, args }: Command, { signal, user }: Binding): Command {
  if (!endsWithOwner) return { command, args };
  const asUser = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  const bound = ['/bin/sh', '-c', goOnWithOwner, String(process.pid), command, ...args];
  return { command: setpriv, args: [...asUser, `--pdeathsig=${signal}`, '--', ...bound] };
}
