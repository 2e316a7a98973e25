import { scrapeJobs } from '../../app/contract/metric-catalogue.ts';

/** A process that is scraped. `candidate` is absent for what serves all candidates. */
export type ScrapeTarget = {
  readonly job: keyof typeof scrapeJobs;
  /** The replica's name, or the server's. */
  readonly instance: string;
  /** Host and port. */
  readonly address: string;
  readonly candidate?: string;
  /** The kind of process, of those beside the replicas. */
  readonly kind?: string;
};

/**
 * The exporter of PostgreSQL waits for a second before it says that it does not reach its server: a shorter scrape would never
 * hear that. Its queries cost the server something, too.
 */
const ownScrapes: { readonly [job in ScrapeTarget['job']]?: Readonly<Record<string, string>> } = {
  postgres: { __scrape_interval__: '2s', __scrape_timeout__: '1900ms' },
};

/** A process that grows more samples than this has a label without a bound; its scrapes fail, and an alert says so. */
const samplesPerScrapeMax = 5_000;
const exemplarsMax = 20_000;

/** A database, and the candidate that it belongs to. */
export type OwnedDatabase = { readonly database: string; readonly candidate: string };

export type PrometheusFiles = {
  /** Names of rule files beside the configuration: Prometheus takes a path for a pattern, in which `[` has a meaning. */
  readonly rules: readonly string[];
  /** The name of the file beside it that targets are read from, each second. */
  readonly targets: string;
  /** Its own address, which it scrapes too. */
  readonly ownAddress: string;
  /** The databases of candidates: what PostgreSQL says of one of them gets its candidate. */
  readonly databases?: readonly OwnedDatabase[];
};

/** The configuration as JSON, which is YAML too. A second per scrape: runs last minutes. */
export function formatPrometheusConfig(files: PrometheusFiles): string {
  const { rules, targets, ownAddress, databases = [] } = files;
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '900ms', evaluation_interval: '1s' },
    storage: { exemplars: { max_exemplars: exemplarsMax } },
    rule_files: rules,
    scrape_configs: [
      {
        job_name: 'darkroom',
        sample_limit: samplesPerScrapeMax,
        file_sd_configs: [{ files: [targets], refresh_interval: '1s' }],
        metric_relabel_configs: databases.map(nameCandidate),
      },
      {
        job_name: scrapeJobs.prometheus,
        static_configs: [{ targets: [ownAddress], labels: { instance: 'prometheus' } }],
      },
    ],
  };
  return JSON.stringify(config, null, 2);
}

/**
 * Labels what is told of a database with its candidate; only the exporter of PostgreSQL has `datname`. A
 * dollar is doubled, since it would begin a reference to a group.
 */
function nameCandidate({ database, candidate }: OwnedDatabase) {
  return {
    source_labels: ['datname'],
    regex: database,
    target_label: 'candidate',
    replacement: candidate.replaceAll('$', '$$$$'),
  };
}

/** The targets, in the form that Prometheus reads from files. */
export function formatTargets(targets: readonly ScrapeTarget[]): string {
  const groups = targets.map(({ job, instance, address, candidate, kind }) => ({
    targets: [address],
    labels: {
      job: scrapeJobs[job],
      instance,
      ...(candidate !== undefined && { candidate }),
      ...(kind !== undefined && { kind }),
      ...ownScrapes[job],
    },
  }));
  return JSON.stringify(groups, null, 2);
}
