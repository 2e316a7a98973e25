import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { settings } from '../../app/config.ts';
import { readEnvironment } from '../../cli/environment.ts';
import { lintCompose } from './lint-compose.ts';

const Texts = Type.Array(Type.String());

/** Of the forms that the compose specification allows, those that are used here; and what every service here has. */
const Service = Type.Object({
  image: Type.String(),
  build: Type.Optional(Type.Object({ context: Type.String(), dockerfile: Type.String() })),
  command: Type.Optional(Texts),
  environment: Type.Optional(Type.Record(Type.String(), Type.String())),
  ports: Type.Optional(Texts),
  volumes: Type.Optional(Texts),
  networks: Texts,
  depends_on: Type.Optional(Type.Record(Type.String(), Type.Object({ condition: Type.String() }))),
  healthcheck: Type.Optional(
    Type.Union([Type.Object({ disable: Type.Literal(true) }), Type.Object({ test: Texts })]),
  ),
  restart: Type.String(),
  security_opt: Texts,
  cap_drop: Texts,
  cap_add: Type.Optional(Texts),
  logging: Type.Object({}),
  read_only: Type.Optional(Type.Boolean()),
  tmpfs: Type.Optional(Texts),
  mem_limit: Type.String({ pattern: '^\\d+[mg]$' }),
});

const ComposeFile = Type.Object({
  services: Type.Record(Type.String(), Service),
  networks: Type.Record(Type.String(), Type.Object({ internal: Type.Optional(Type.Boolean()) })),
  volumes: Type.Record(Type.String(), Type.Object({})),
});

export type Compose = Static<typeof ComposeFile>;
type ServiceOf = Compose['services'][string];

/** Whose health nobody asks for, and why. */
export const withoutHealthCheck: Readonly<Record<string, string>> = {
  seed: 'It ends; the replicas wait for its success.',
  collector: 'Its image holds the collector and nothing else, and the collector cannot ask itself.',
};

/** The names that the programs of others are given, by their documentation. */
const namesOfOthers: Readonly<Record<string, readonly string[]>> = {
  postgres: ['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_HOST_AUTH_METHOD'],
  'postgres-exporter': ['DATA_SOURCE_NAME', 'PG_EXPORTER_EXTEND_QUERY_PATH'],
  'redis-exporter': ['REDIS_ADDR'],
  grafana: [
    'GF_AUTH_ANONYMOUS_ENABLED',
    'GF_AUTH_ANONYMOUS_ORG_ROLE',
    'GF_AUTH_DISABLE_LOGIN_FORM',
    'GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES',
    'GF_ANALYTICS_CHECK_FOR_UPDATES',
    'GF_ANALYTICS_REPORTING_ENABLED',
    'GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH',
    'GF_PLUGINS_PREINSTALL_DISABLED',
    'GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION',
    'GF_USERS_VIEWERS_CAN_EDIT',
  ],
};

/** What is wrong with a compose file, its anchors and merges resolved, seen from the checkout that it lies in. */
export function checkCompose(file: unknown, checkout: string): string[] {
  const complaints = lintCompose(file);
  if (complaints.length > 0) return complaints;
  if (!Value.Check(ComposeFile, file))
    return [...Value.Errors(ComposeFile, file)].map(
      ({ instancePath, message }) => `${instancePath} ${message}`,
    );
  return Object.entries(file.services).flatMap(([name, service]) =>
    [
      ...checkPrivileges(service),
      ...checkReach(service, file),
      ...checkMounts(service, file, checkout),
      ...checkEnvironment(name, service),
      ...checkOrder(service, file),
      ...checkHealth(name, service),
    ].map((complaint) => `${name} ${complaint}`),
  );
}

function checkPrivileges({ image, security_opt, cap_drop, cap_add = [] }: ServiceOf): string[] {
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? '';
  // PostgreSQL has no third number.
  const exact = image.startsWith('postgres:') ? /^\d+\.\d+\b/ : /^v?\d+\.\d+\.\d+\b/;
  const isPlain =
    security_opt.includes('no-new-privileges:true') && cap_drop.includes('ALL') && cap_add.length === 0;
  return [
    ...(exact.test(tag) ? [] : [`has an image without an exact version: ${image}`]),
    ...(isPlain ? [] : ['has privileges']),
  ];
}

function checkReach({ ports = [], networks }: ServiceOf, { networks: known }: Compose): string[] {
  return [
    ...ports
      .filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))
      .map((port) => `publishes beyond loopback: ${port}`),
    ...networks
      .filter((network) => known[network] === undefined)
      .map((network) => `is on no network ${network}`),
    ...(ports.length > 0 && networks.every((network) => known[network]?.internal === true)
      ? ['publishes a port of a network that has no way out']
      : []),
  ];
}

function checkMounts(
  { volumes = [], build }: ServiceOf,
  { volumes: named }: Compose,
  checkout: string,
): string[] {
  const sources = volumes.map((volume) => volume.split(':')[0] ?? '');
  const paths = sources.filter((source) => source.startsWith('.'));
  const names = sources.filter((source) => !source.startsWith('.'));
  return [
    ...names
      .filter((name) => named[name] === undefined)
      .map((name) => `mounts a volume that is not declared: ${name}`),
    ...paths
      .filter((path) => !existsSync(join(checkout, path)))
      .map((path) => `mounts what is not there: ${path}`),
    ...volumes
      .filter((volume) => volume.startsWith('.') && !volume.endsWith(':ro'))
      .map((volume) => `may write into the checkout: ${volume}`),
    ...(build === undefined || existsSync(join(checkout, build.context, build.dockerfile))
      ? []
      : [`is built from nothing: ${build.dockerfile}`]),
  ];
}

const serviceVariables = new Set<string>(Object.values(settings).map(({ variable }) => variable));

function isReadByCommandLine(name: string): boolean {
  // A path from the root, since folders are resolved.
  const mark = '/asked for by the check of the compose file';
  return Object.values(readEnvironment({ [name]: mark })).includes(mark);
}

/** Whether what runs in a container reads a variable of this name. */
function isRead(variable: string, service: string, { command = [] }: ServiceOf): boolean {
  if (command.some((part) => part.startsWith('app/'))) return serviceVariables.has(variable);
  if (command.includes('cli/main.ts')) return isReadByCommandLine(variable);
  return namesOfOthers[service]?.includes(variable) ?? false;
}

function checkEnvironment(name: string, service: ServiceOf): string[] {
  const { environment = {} } = service;
  const secrets = Object.entries(environment).filter(
    ([variable, value]) => /PASSWORD|SECRET|TOKEN/.test(variable) && !value.startsWith('${'),
  );
  const asked = [...JSON.stringify(service).matchAll(/\$\{(\w+)(:-)?/g)];
  return [
    ...Object.keys(environment)
      .filter((variable) => !isRead(variable, name, service))
      .map((variable) => `is given ${variable}, which it does not read`),
    ...asked
      .filter(([, variable = '', fallback]) => !serviceVariables.has(variable) || fallback === undefined)
      .map(([text]) => `asks for what is not a setting, or has no fallback: ${text}`),
    ...secrets.map(([variable]) => `has a secret in the file: ${variable}`),
  ];
}

function isHealthChecked({ healthcheck }: ServiceOf): boolean {
  return healthcheck !== undefined && 'test' in healthcheck;
}

function checkOrder({ depends_on = {} }: ServiceOf, { services }: Compose): string[] {
  return Object.entries(depends_on).flatMap(([other, { condition }]) => {
    const awaited = services[other];
    if (awaited === undefined) return [`waits for ${other}, which is not there`];
    return condition === 'service_healthy' && !isHealthChecked(awaited)
      ? [`waits for the health of ${other}, which is not checked`]
      : [];
  });
}

function checkHealth(name: string, service: ServiceOf): string[] {
  if (isHealthChecked(service) === Object.hasOwn(withoutHealthCheck, name))
    return isHealthChecked(service) ? ['has a health check after all'] : ['has no health check'];
  return [];
}
