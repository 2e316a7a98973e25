/** What a user does about an answer of the system, by its code. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space; TMPDIR and DARKROOM_CACHE_DIR name other places.',
  EDQUOT:
    'Your share of the disk is used up: free some space; TMPDIR and DARKROOM_CACHE_DIR name other places.',
  EROFS: 'That place cannot be written: TMPDIR and DARKROOM_CACHE_DIR name other ones.',
  EACCES: 'Mend the owner or the mode of that place.',
  EPERM: 'The system forbids it to this user: mend the owner of that place, or the rules of the container.',
  EMFILE: 'Raise the limit of open files: ulimit -n.',
  ENFILE: 'The machine has too many files open: end other programs.',
  ENOMEM: 'There is no memory left: end other programs, or ask for less.',
  EAGAIN: 'There may be no more processes: end other programs, or raise ulimit -u.',
  EADDRNOTAVAIL: 'No port is free, or loopback is down: ip link set lo up.',
  ENETUNREACH: 'There is no way to that address; for loopback: ip link set lo up.',
  EHOSTUNREACH: 'There is no way to that host: mend its address, or the network.',
  ECONNREFUSED: 'Nobody listens there: start the server, or mend host and port.',
  ENOTFOUND: 'There is no such host: mend its name.',
  EAI_AGAIN: 'The host could not be looked up: mend its name, or the network.',
};

/** Undefined for a code that is not the system's, or of which nothing is known. */
export function systemRemedy(code: string | null): string | undefined {
  return code !== null && Object.hasOwn(remedies, code) ? remedies[code] : undefined;
}
