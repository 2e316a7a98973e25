import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { XStatic } from 'typebox/schema';
import { settings } from '../../app/config.ts';
import { readEnvironment } from '../../cli/environment.ts';
import { lintCompose } from './lint-compose.ts';

const Texts = { type: 'array', items: { type: 'string' } } as const;

/** Of the forms that the compose specification allows, those that are used here; and what every service here has. */
const Service = {
  type: 'object',
  required: ['image', 'networks', 'restart', 'security_opt', 'cap_drop', 'logging', 'mem_limit'],
  properties: {
    image: { type: 'string' },
    build: {
      type: 'object',
      required: ['context', 'dockerfile'],
      properties: { context: { type: 'string' }, dockerfile: { type: 'string' } },
    },
    command: Texts,
    environment: { type: 'object', patternProperties: { '^.*$': { type: 'string' } } },
    ports: Texts,
    volumes: Texts,
    networks: Texts,
    depends_on: {
      type: 'object',
      patternProperties: {
        '^.*$': { type: 'object', required: ['condition'], properties: { condition: { type: 'string' } } },
      },
    },
    healthcheck: {
      anyOf: [
        { type: 'object', required: ['disable'], properties: { disable: { type: 'boolean', const: true } } },
        { type: 'object', required: ['test'], properties: { test: Texts } },
      ],
    },
    restart: { type: 'string' },
    security_opt: Texts,
    cap_drop: Texts,
    cap_add: Texts,
    logging: { type: 'object', properties: {} },
    read_only: { type: 'boolean' },
    tmpfs: Texts,
    mem_limit: { type: 'string', pattern: '^\\d+[mg]$' },
  },
} as const;

const ComposeFile = {
  type: 'object',
  required: ['services', 'networks', 'volumes'],
  properties: {
    services: { type: 'object', patternProperties: { '^.*$': Service } },
    networks: {
      type: 'object',
      patternProperties: { '^.*$': { type: 'object', properties: { internal: { type: 'boolean' } } } },
    },
    volumes: { type: 'object', patternProperties: { '^.*$': { type: 'object', properties: {} } } },
  },
} as const;

export type Compose = XStatic<typeof ComposeFile>;
const isCompose = new Ajv({ allErrors: true }).compile<Compose>(ComposeFile);
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
  if (!isCompose(file))
    return (isCompose.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
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
