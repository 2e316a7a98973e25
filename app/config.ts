import { formatCandidate } from './candidates/format-candidate.ts';
import { parseCandidate } from './candidates/parse-candidate.ts';
import { needsRedis } from './candidates/system-values.ts';
import { parseSlowdown, slowdownForm } from './contract/planted-slowdown.ts';
import { usualLimits } from './contract/request-limit.ts';
import type { RequestLimit } from './contract/request-limit.ts';
import { telemetryModes } from './contract/telemetry-modes.ts';
import type { TelemetryModeName } from './contract/telemetry-modes.ts';
import { DarkroomError } from './errors.ts';

type Setting<T> = {
  readonly variable: string;
  readonly takes: string;
  readonly meaning: string;
  /** The text that counts when the variable is not set; undefined: it must be set. */
  readonly fallback: string | undefined;
  /** Null when the text is not valid. */
  readonly parse: (text: string) => T | null;
};

function wholeNumber(least: number, most: number): Pick<Setting<number>, 'takes' | 'parse'> {
  return {
    takes: `a whole number from ${least} to ${most}`,
    parse: (text) =>
      /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : null,
  };
}

/** `auto` is the usual limit, and none in lab mode. */
function requestLimit(usual: number, most: number): Pick<Setting<RequestLimit>, 'takes' | 'parse'> {
  const limit = wholeNumber(1, most);
  return {
    takes: `off, ${limit.takes}, or auto: ${usual}, and off in lab mode`,
    parse: (text) => (text === 'auto' || text === 'off' ? text : limit.parse(text)),
  };
}

function url(protocols: readonly string[]): Pick<Setting<string>, 'takes' | 'parse'> {
  return {
    takes: `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    // A blank or a line's end comes along when an address is copied or read from a file.
    parse: (text) => (URL.canParse(text) && protocols.includes(new URL(text).protocol) ? text.trim() : null),
  };
}

const anyText: Pick<Setting<string>, 'takes' | 'parse'> = { takes: 'a text', parse: (text) => text };
const port = wholeNumber(0, 65_535);

/** Every setting of the service: its environment variable, what it takes, what it means. */
export const settings = {
  candidate: {
    variable: 'DARKROOM_CANDIDATE',
    takes: 'a candidate such as cache-aside or versioned:tiers=redis,ttl=5s',
    meaning: 'cache strategy and its parameters',
    fallback: 'cache-aside',
    parse: parseCandidate,
  },
  host: { variable: 'DARKROOM_HOST', meaning: 'address to listen on', fallback: '127.0.0.1', ...anyText },
  port: { variable: 'DARKROOM_PORT', meaning: 'port of the API; 0: any free one', fallback: '4000', ...port },
  metricsPort: {
    variable: 'DARKROOM_METRICS_PORT',
    meaning: 'port of /metrics; 0: any free one',
    fallback: '0',
    ...port,
  },
  databaseUrl: {
    variable: 'DATABASE_URL',
    meaning: 'the PostgreSQL database',
    fallback: undefined,
    ...url(['postgres:', 'postgresql:']),
  },
  redisUrl: {
    variable: 'REDIS_URL',
    takes: 'an address that begins with redis:// or rediss://',
    meaning: 'the Redis; needed by candidates with a redis tier, a bus or a queue',
    fallback: '',
    parse: (text: string) => (text === '' ? '' : url(['redis:', 'rediss:']).parse(text)),
  },
  redisPrefix: {
    variable: 'DARKROOM_REDIS_PREFIX',
    meaning: 'what every Redis key begins with',
    fallback: 'darkroom:',
    ...anyText,
  },
  replica: {
    variable: 'DARKROOM_REPLICA',
    meaning: 'name of this process in answers',
    fallback: 'r1',
    ...anyText,
  },
  mediaFolder: {
    variable: 'DARKROOM_MEDIA_DIR',
    meaning: 'folder of the stored photos',
    fallback: '.darkroom/media',
    ...anyText,
  },
  blobStore: {
    variable: 'DARKROOM_BLOB_STORE',
    takes: 'file or s3',
    meaning: 'where photos are stored: in DARKROOM_MEDIA_DIR, or in a bucket of S3',
    fallback: 'file',
    parse: (text: string) => (text === 'file' || text === 's3' ? text : null),
  },
  s3Bucket: { variable: 'DARKROOM_S3_BUCKET', meaning: 'bucket of the photos', fallback: '', ...anyText },
  s3Endpoint: {
    variable: 'DARKROOM_S3_ENDPOINT',
    takes: 'an address that begins with http:// or https://',
    meaning: 'a server that speaks as S3 does; none: Amazon’s',
    fallback: '',
    parse: (text: string) => (text === '' ? '' : url(['http:', 'https:']).parse(text)),
  },
  s3Region: {
    variable: 'DARKROOM_S3_REGION',
    meaning: 'region of the bucket',
    fallback: 'us-east-1',
    ...anyText,
  },
  s3AccessKeyId: {
    variable: 'DARKROOM_S3_ACCESS_KEY_ID',
    meaning: 'key of S3; none: what the machine is known as there',
    fallback: '',
    ...anyText,
  },
  s3SecretAccessKey: {
    variable: 'DARKROOM_S3_SECRET_ACCESS_KEY',
    meaning: 'the secret that belongs to the key of S3',
    fallback: '',
    ...anyText,
  },
  isLab: {
    variable: 'DARKROOM_LAB_MODE',
    takes: '0 or 1',
    meaning: 'believe the Darkroom-Viewer header and open the lab port',
    fallback: '0',
    parse: (text: string) => (text === '1' ? true : text === '0' ? false : null),
  },
  isLabBeyondLoopback: {
    variable: 'DARKROOM_LAB_BEYOND_LOOPBACK',
    takes: '0 or 1',
    meaning: 'open lab mode on another address, on a network that nobody else is on',
    fallback: '0',
    parse: (text: string) => (text === '1' ? true : text === '0' ? false : null),
  },
  labPort: {
    variable: 'DARKROOM_LAB_PORT',
    meaning: 'port of the lab; 0: any free one',
    fallback: '0',
    ...port,
  },
  labToken: {
    variable: 'DARKROOM_LAB_TOKEN',
    meaning: 'token of the lab; needed in lab mode',
    fallback: '',
    ...anyText,
  },
  counterNamespaces: {
    variable: 'DARKROOM_COUNTER_NAMESPACES',
    meaning:
      'a JSON file of further namespaces of counters, each with its type and its limits; none: only the own ones',
    fallback: '',
    ...anyText,
  },
  labSlowdown: {
    variable: 'DARKROOM_LAB_SLOWDOWN',
    takes: `none, or ${slowdownForm}`,
    meaning:
      'makes every n-th request longer by burning CPU, for experiments that must find it; lab mode only',
    fallback: 'none',
    parse: (text: string) => (text === 'none' ? text : parseSlowdown(text)),
  },
  gatewayToken: {
    variable: 'DARKROOM_GATEWAY_TOKEN',
    meaning:
      'what operators and services send for metadata, as a bearer token; needed by gateways and leaders outside of lab mode',
    fallback: '',
    ...anyText,
  },
  announcedHost: {
    variable: 'DARKROOM_ANNOUNCED_HOST',
    meaning:
      'under which name or address gateways reach a process that may lead; empty: where it listens, which must not be every address then',
    fallback: '',
    ...anyText,
  },
  gatewayLeaseMs: {
    variable: 'DARKROOM_GATEWAY_LEASE_MS',
    meaning:
      'how long a leader of metadata leads that nobody hears of any more; the same for all that may lead',
    fallback: '4000',
    ...wholeNumber(200, 60_000),
  },
  labStreamDelayMs: {
    variable: 'DARKROOM_LAB_STREAM_DELAY_MS',
    meaning:
      'a gateway hears of what the leader streams so much later, to see what staleness does; lab mode only',
    fallback: '0',
    ...wholeNumber(0, 60_000),
  },
  varnishFolder: {
    variable: 'DARKROOM_VARNISH_DIR',
    meaning:
      'folder into which the packages of Varnish and its modules were unpacked, for an edge; none: they are installed',
    fallback: '',
    ...anyText,
  },
  edgeFolder: {
    variable: 'DARKROOM_EDGE_DIR',
    meaning: 'working folder of an edge, with its configuration and its log in memory; none: a temporary one',
    fallback: '',
    ...anyText,
  },
  recordTo: {
    variable: 'DARKROOM_RECORD_TO',
    meaning:
      'a folder where requests, and the reads of caches that they make, are written down; -: nowhere, as if they were; lab mode only',
    fallback: '',
    ...anyText,
  },
  recordBytesMax: {
    variable: 'DARKROOM_RECORD_BYTES',
    meaning: 'how many bytes a process writes down at most',
    fallback: '134217728',
    ...wholeNumber(4_096, 1_099_511_627_776),
  },
  telemetry: {
    variable: 'DARKROOM_TELEMETRY',
    takes: Object.keys(telemetryModes).join(', '),
    meaning: 'how much the service tells of itself: metrics, and spans of some requests or of all',
    fallback: 'trace1',
    parse: (text: string) => (Object.hasOwn(telemetryModes, text) ? (text as TelemetryModeName) : null),
  },
  otlpEndpoint: {
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning: 'where spans are sent (OTLP over HTTP), without /v1/traces',
    fallback: 'http://127.0.0.1:4318',
    ...url(['http:', 'https:']),
  },
  poolSize: {
    variable: 'DARKROOM_POOL_SIZE',
    meaning: 'connections to PostgreSQL',
    fallback: '10',
    ...wholeNumber(1, 100),
  },
  rightsLeaseMs: {
    variable: 'DARKROOM_RIGHTS_LEASE_MS',
    meaning:
      'how long a replica that has lost storage still knows who may see what, and a change waits for one that died; the same for all',
    fallback: '10000',
    ...wholeNumber(200, 60_000),
  },
  decodeMemoryMiB: {
    variable: 'DARKROOM_DECODE_MEMORY_MIB',
    meaning: 'memory that all decodes of uploads may take together, beside the rest of the process, in MiB',
    fallback: '384',
    ...wholeNumber(64, 65_536),
  },
  requestsPerAddress: {
    variable: 'DARKROOM_REQUESTS_PER_ADDRESS',
    meaning: 'requests that one address may send a minute, to each process',
    fallback: 'auto',
    ...requestLimit(usualLimits.requestsPerAddress, 10_000_000),
  },
  requestsPerAccount: {
    variable: 'DARKROOM_REQUESTS_PER_ACCOUNT',
    meaning: 'requests that one account may send a minute, to each process',
    fallback: 'auto',
    ...requestLimit(usualLimits.requestsPerAccount, 10_000_000),
  },
  shedAbovePercent: {
    variable: 'DARKROOM_SHED_ABOVE',
    meaning: 'percent of its time that the event loop may be busy before requests are refused',
    fallback: 'auto',
    ...requestLimit(usualLimits.shedAbovePercent, 100),
  },
  loginThrottle: {
    variable: 'DARKROOM_LOGIN_THROTTLE',
    takes: 'on, off, or auto: on, and off in lab mode',
    meaning: 'whether log-ins are refused after several that have failed',
    fallback: 'auto',
    parse: (text: string) => (text === 'on' || text === 'off' || text === 'auto' ? text : null),
  },
  logLevel: {
    variable: 'DARKROOM_LOG_LEVEL',
    takes: 'debug, info, warn, error or silent',
    meaning: 'what is logged',
    fallback: 'info',
    parse: (text: string) => (['debug', 'info', 'warn', 'error', 'silent'].includes(text) ? text : null),
  },
} satisfies Record<string, Setting<unknown>>;

export type Config = {
  readonly [K in keyof typeof settings]: Exclude<ReturnType<(typeof settings)[K]['parse']>, null>;
};

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** Reads all settings. Throws INVALID_CONFIG naming the variable, never its value when that may be a secret. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const entries = Object.entries(settings as Record<string, Setting<unknown>>).map(([name, setting]) => {
    const text = environment[setting.variable] || setting.fallback;
    if (text === undefined) {
      throw new DarkroomError(
        'INVALID_CONFIG',
        `${setting.variable} must be set: ${setting.meaning}, ${setting.takes}.`,
      );
    }
    return [name, parseSetting(setting, text)] as const;
  });
  return checkTogether(Object.fromEntries(entries) as Config);
}

function parseSetting({ variable, takes, parse }: Setting<unknown>, text: string): unknown {
  try {
    const value = parse(text);
    if (value !== null) return value;
  } catch (error) {
    // A candidate's own refusal says more than what the setting takes.
    if (!(error instanceof DarkroomError)) throw error;
    throw new DarkroomError('INVALID_CONFIG', `${variable}: ${error.message}`, { cause: error });
  }
  throw new DarkroomError('INVALID_CONFIG', `${variable} takes ${takes}.`);
}

/** Refuses settings that do not go together. */
function checkTogether(config: Config): Config {
  if (config.redisUrl === '' && needsRedis(config.candidate)) {
    throw new DarkroomError(
      'INVALID_CONFIG',
      `REDIS_URL must be set: the candidate ${formatCandidate(config.candidate)} has a redis tier, a bus or a queue.`,
    );
  }
  if (config.blobStore === 's3' && config.s3Bucket === '') {
    throw new DarkroomError('INVALID_CONFIG', 'DARKROOM_S3_BUCKET must be set: DARKROOM_BLOB_STORE is s3.');
  }
  if ((config.s3AccessKeyId === '') !== (config.s3SecretAccessKey === '')) {
    throw new DarkroomError(
      'INVALID_CONFIG',
      'DARKROOM_S3_ACCESS_KEY_ID and DARKROOM_S3_SECRET_ACCESS_KEY belong together.',
    );
  }
  if (config.isLab && config.labToken === '') {
    throw new DarkroomError('INVALID_CONFIG', 'DARKROOM_LAB_TOKEN must be set in lab mode.');
  }
  if (config.candidate.gateway.gateway !== 'off' && !config.isLab && config.gatewayToken === '') {
    throw new DarkroomError(
      'INVALID_CONFIG',
      'DARKROOM_GATEWAY_TOKEN must be set: the candidate has a gateway, whose metadata is not for everybody.',
    );
  }
  if (config.labStreamDelayMs > 0 && !config.isLab) {
    throw new DarkroomError('INVALID_CONFIG', 'DARKROOM_LAB_STREAM_DELAY_MS is for lab mode only.');
  }
  if (config.recordTo !== '' && !config.isLab) {
    throw new DarkroomError('INVALID_CONFIG', 'DARKROOM_RECORD_TO is for lab mode only.');
  }
  if (config.labSlowdown !== 'none' && !config.isLab) {
    throw new DarkroomError('INVALID_CONFIG', 'DARKROOM_LAB_SLOWDOWN is for lab mode only.');
  }
  if (config.isLab && !config.isLabBeyondLoopback && !loopback.test(config.host)) {
    throw new DarkroomError(
      'INVALID_CONFIG',
      'Lab mode believes who a viewer says to be: it needs a loopback DARKROOM_HOST.',
    );
  }
  return config;
}
