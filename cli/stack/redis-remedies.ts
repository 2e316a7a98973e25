import { systemRemedy } from '../system-remedies.ts';

/** What to do about what a server says, by the code that its words begin with. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/^READONLY/, 'It is a replica: name its primary.'],
  [/^MASTERDOWN/, 'It is a replica that has lost its primary: name a primary.'],
  [
    /^MISCONF/,
    'It cannot save to its disk: make room there and let it save (BGSAVE), or set stop-writes-on-bgsave-error no.',
  ],
  [/^NOREPLICAS/, 'It waits for replicas that are not there: start them, or set min-replicas-to-write 0.'],
  [/^OOM/, 'It is full: raise its maxmemory, or let it evict (maxmemory-policy allkeys-lru).'],
  [
    /^NOPERM|user executing the script can't run|ACL failure/,
    'Allow its user that, on the keys and channels that begin with darkroom:.',
  ],
  [
    /^(NOAUTH|WRONGPASS)|without any password/,
    'Put user and password into the URL: redis://USER:PASSWORD@HOST.',
  ],
  [
    /^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN|TRYAGAIN)|cluster mode/,
    'It is a node of a Redis Cluster, where keys lie apart: name a single server.',
  ],
  [/^LOADING/, 'It still reads its data from disk: try again when it is done.'],
  [/unknown command/, 'A command that a run needs is renamed or switched off there: give it back.'],
  [/DB index/, 'Name a database that it has (the number at the end of the URL), or none.'],
  [
    /to live is there after/,
    'Its clock stands still, or something between drops the TTL: name the server itself.',
  ],
];

/** What another server says, or nobody: it is asked for what the system's own codes do not explain. */
const notRedis: readonly (readonly [RegExp, string])[] = [
  [
    /closed|ECONNRESET|EPIPE|ETIMEDOUT|Protocol error|wrong version number|timed out/i,
    'It does not talk as Redis does: mend host and port; a TLS port needs rediss://, another one redis://.',
  ],
  [/certificate/i, 'Name the authority of its certificate by NODE_EXTRA_CA_CERTS.'],
];

/** What to do when a Redis says that, or the system in its place; empty: nobody knows. */
export function redisRemedy(words: string): string {
  const matching = (list: typeof remedies) => list.find(([pattern]) => pattern.test(words))?.[1];
  const code = /\bE[A-Z_]{3,}\b/.exec(words)?.[0] ?? null;
  return matching(remedies) ?? systemRemedy(code) ?? matching(notRedis) ?? '';
}
