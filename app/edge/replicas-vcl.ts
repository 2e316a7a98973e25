/** The part of the configuration that says whom the edge asks: the replicas, one after another. Without any, nobody. */
export function replicasVcl(addresses: readonly string[]): string {
  const targets = addresses.map((address) => new URL(address));
  const backends = targets.map(
    ({ hostname, port }, index) =>
      `backend replica${index + 1} { .host = "${hostname.replaceAll(/[[\]]/g, '')}"; .port = "${port || '80'}"; }`,
  );
  return [
    'import directors;',
    ...(backends.length === 0 ? ['backend replica0 none;'] : backends),
    'sub vcl_init {',
    '  new replicas = directors.round_robin();',
    ...targets.map((_, index) => `  replicas.add_backend(replica${index + 1});`),
    '}',
    '',
  ].join('\n');
}
