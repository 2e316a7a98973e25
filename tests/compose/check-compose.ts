import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { settings } from '../../app/config.ts';
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
  logging: Type.Object({}),
  mem_limit: Type.String({ pattern: '^\\d+[mg]$' }),
});

const ComposeFile = Type.Object({
  services: Type.Record(Type.String(), Service),
  networks: Type.Record(Type.String(), Type.Object({ internal: Type.Optional(Type.Boolean()) })),
  volumes: Type.Record(Type.String(), Type.Object({})),
});

export type Compose = Static<typeof ComposeFile>;
type ServiceOf = Compose['services'][string];

/** These answer no health check that their image could ask, or end by themselves. */
const withoutHealthCheck = new Set(['seed', 'collector', 'tempo', 'postgres-exporter', 'redis-exporter']);
const prefixes = /^(DARKROOM_|OTEL_|DATABASE_URL$|REDIS_URL$)/;

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
      ...checkEnvironment(service),
      ...checkOrder(service, file),
      ...checkHealth(name, service),
    ].map((complaint) => `${name} ${complaint}`),
  );
}

function checkPrivileges({ image, security_opt, cap_drop }: ServiceOf): string[] {
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? '';
  // PostgreSQL has no third number.
  const exact = image.startsWith('postgres:') ? /^\d+\.\d+\b/ : /^v?\d+\.\d+\.\d+\b/;
  const isPlain = security_opt.includes('no-new-privileges:true') && cap_drop.includes('ALL');
  return [
    ...(exact.test(tag) ? [] : [`has an image without an exact version: ${image}`]),
    ...(isPlain ? [] : ['keeps privileges']),
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

function checkEnvironment({ environment = {} }: ServiceOf): string[] {
  const unknown = Object.keys(environment).filter(
    (name) => prefixes.test(name) && !serviceVariables.has(name),
  );
  const secrets = Object.entries(environment).filter(
    ([variable, value]) => /PASSWORD|SECRET|TOKEN/.test(variable) && !value.startsWith('${'),
  );
  return [
    ...unknown.map((name) => `sets ${name}, which the service does not know`),
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

function checkHealth(name: string, { healthcheck }: ServiceOf): string[] {
  return healthcheck === undefined && !withoutHealthCheck.has(name) ? ['has no health check'] : [];
}
