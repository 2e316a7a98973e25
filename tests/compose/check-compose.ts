import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { settings } from '../../app/config.ts';

const strict = { additionalProperties: false };
const Texts = Type.Array(Type.String());
const Condition = Type.Enum(['service_started', 'service_healthy', 'service_completed_successfully']);

/** The parts of the compose specification that are used here, and no others: a misspelled key is refused. */
const Service = Type.Object(
  {
    image: Type.String(),
    build: Type.Optional(Type.Object({ context: Type.String(), dockerfile: Type.String() }, strict)),
    command: Type.Optional(Texts),
    environment: Type.Optional(Type.Record(Type.String(), Type.String())),
    ports: Type.Optional(Texts),
    volumes: Type.Optional(Texts),
    networks: Texts,
    depends_on: Type.Optional(Type.Record(Type.String(), Type.Object({ condition: Condition }, strict))),
    healthcheck: Type.Optional(
      Type.Union([
        Type.Object({ disable: Type.Literal(true) }, strict),
        Type.Object(
          {
            test: Texts,
            interval: Type.String(),
            timeout: Type.String(),
            retries: Type.Integer(),
            start_period: Type.Optional(Type.String()),
          },
          strict,
        ),
      ]),
    ),
    restart: Type.Enum(['unless-stopped', 'no']),
    security_opt: Texts,
    cap_drop: Texts,
    cap_add: Type.Optional(Texts),
    logging: Type.Object(
      { driver: Type.String(), options: Type.Record(Type.String(), Type.String()) },
      strict,
    ),
    read_only: Type.Optional(Type.Boolean()),
    tmpfs: Type.Optional(Texts),
    mem_limit: Type.String({ pattern: '^\\d+[mg]$' }),
    shm_size: Type.Optional(Type.String()),
    stop_grace_period: Type.Optional(Type.String()),
  },
  strict,
);

export const ComposeFile = Type.Object(
  {
    name: Type.String(),
    services: Type.Record(Type.String(), Service),
    networks: Type.Record(Type.String(), Type.Object({ internal: Type.Optional(Type.Boolean()) }, strict)),
    volumes: Type.Record(Type.String(), Type.Object({}, strict)),
    'x-limits': Type.Unknown(),
    'x-service': Type.Unknown(),
    'x-environment': Type.Unknown(),
  },
  strict,
);

export type Compose = Static<typeof ComposeFile>;
type ServiceOf = Compose['services'][string];

const serviceVariables = new Set(Object.values(settings).map(({ variable }) => variable));
/** These answer no health check that their image could ask, or end by themselves. */
const withoutHealthCheck = new Set(['seed', 'collector', 'tempo', 'postgres-exporter', 'redis-exporter']);
const prefixes = /^(DARKROOM_|OTEL_|DATABASE_URL$|REDIS_URL$)/;

/** What is wrong with a compose file, seen from the checkout that it lies in. */
export function checkCompose(file: unknown, checkout: string): string[] {
  if (!Value.Check(ComposeFile, file))
    return [...Value.Errors(ComposeFile, file)].map(
      ({ instancePath, message }) => `${instancePath} ${message}`,
    );
  return Object.entries(file.services).flatMap(([name, service]) =>
    [
      ...checkImage(service),
      ...checkReach(service, file),
      ...checkMounts(service, file, checkout),
      ...checkEnvironment(service),
      ...checkOrder(name, service, file),
    ].map((complaint) => `${name} ${complaint}`),
  );
}

function checkImage({ image, security_opt, cap_drop }: ServiceOf): string[] {
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? '';
  return [
    ...(/\d+\.\d+/.test(tag) && tag !== 'latest' ? [] : [`has an image without an exact version: ${image}`]),
    ...(security_opt.includes('no-new-privileges:true') && cap_drop.includes('ALL')
      ? []
      : ['keeps privileges']),
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

function checkEnvironment({ environment = {} }: ServiceOf): string[] {
  const unknown = Object.keys(environment).filter(
    (name) => prefixes.test(name) && !serviceVariables.has(name),
  );
  const secrets = Object.entries(environment).filter(
    ([name, value]) => /PASSWORD|SECRET|TOKEN/.test(name) && !value.startsWith('${'),
  );
  return [
    ...unknown.map((name) => `sets ${name}, which the service does not know`),
    ...secrets.map(([name]) => `has a secret in the file: ${name}`),
  ];
}

function checkOrder(
  name: string,
  { depends_on = {}, healthcheck }: ServiceOf,
  { services }: Compose,
): string[] {
  const complaints = Object.entries(depends_on).flatMap(([other, { condition }]) => {
    const awaited = services[other];
    if (awaited === undefined) return [`waits for ${other}, which is not there`];
    const isChecked = awaited.healthcheck !== undefined && !('disable' in awaited.healthcheck);
    return condition === 'service_healthy' && !isChecked
      ? [`waits for the health of ${other}, which is not checked`]
      : [];
  });
  return healthcheck === undefined && !withoutHealthCheck.has(name)
    ? [...complaints, 'has no health check']
    : complaints;
}
