/** Servers that a kind of process may run. */
export type RunServer = 'varnish';

/**
 * Processes of one kind, of which each world of a candidate runs so many. Those of every kind say in the same way that they are ready and
 * that they have drained (`listening` and `drained` of `process-messages.ts`), and all are told to drain by SIGTERM, so that no kind says
 * anything of that.
 */
export type ProcessKind = {
  /** In names of processes, logs, labels and figures: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Its file in `app/processes/`. */
  readonly entry: string;
  readonly count: number;
  /** Whether requests go to it, in place of the replicas behind it; it then answers all that the service answers. */
  readonly takesLoad: boolean;
  /** Whether its `/metrics` is read and scraped. */
  readonly isScraped: boolean;
  /** A server that it runs as its child: whoever starts it finds that and says where, and counts its CPU too. Absent: none. */
  readonly runs?: RunServer;
};

/** The replicas of the service, which every world has. */
export function serviceKind(replicas: number): ProcessKind {
  return { name: serviceKindName, entry: 'service.ts', count: replicas, takesLoad: true, isScraped: true };
}

export const serviceKindName = 'service';
