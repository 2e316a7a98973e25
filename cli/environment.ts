import { resolve } from 'node:path';
import { http } from '../app/node-http.ts';

type Variables = Readonly<Record<string, string>>;

/** The only place of the command line that reads environment variables, and that decides which of them others get. */
export type Environment = {
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  readonly cacheFolder: string | null;
  readonly mediaFolder: string | null;
  /**
   * Variables that say where the service keeps its images, by the names that the service has for them; for a
   * service that is not started from here.
   */
  readonly ofBlobs: Variables;
  readonly xdgCacheHome: string | null;
  readonly path: string;
  /**
   * Variables for servers, the service and the generator: so few that these do the same in everybody's shell.
   */
  readonly ofChildren: Variables;
  /**
   * Variables for programs that fetch and build (apt-get, pip, go, npm, git), so that they find their user's
   * settings and the network, too.
   */
  readonly ofTools: Variables;
};

/**
 * Where programs and temporary files are; whom to trust when a server that was given speaks TLS; where the launcher has Node
 * keep compiled files.
 */
const forChildren = /^(PATH|TMPDIR|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE|SSL_CERT_(FILE|DIR))$/;

const forBlobs = /^DARKROOM_(BLOB_STORE|S3_\w+)$/;

const forTools = [
  /^(HOME|USER|LOGNAME|SUDO_UID|XDG_(CONFIG|CACHE|DATA)_HOME|NETRC|APT_CONFIG|NODE_USE_SYSTEM_CA)$/,
  /^((https?|ftp|all|no)_proxy|npm_config_.*|pip_.*|(requests|curl)_ca_bundle)$/i,
  /^GO(PROXY|SUMDB|NOSUMDB|NOPROXY|PRIVATE|INSECURE|AUTH|PATH|CACHE|MODCACHE)$/,
];

/** The one locale that every system has, and a time zone: messages, sorting and times are the same for everybody. */
const everywhere = { LC_ALL: 'C', TZ: 'UTC' } as const;

export function readEnvironment(shell: NodeJS.ProcessEnv = process.env): Environment {
  const pick = (isWanted: (name: string) => boolean): Variables =>
    Object.fromEntries(
      Object.entries(shell).flatMap(([name, value]) =>
        value !== undefined && isWanted(name) ? [[name, value] as const] : [],
      ),
    );
  // A blank or a line's end comes along when an address is copied or read from a file; none begins or ends with one.
  const addressOf = (name: string) => shell[name]?.trim() || null;
  // Others have another working folder.
  const folderOf = (name: string) => (shell[name] ? resolve(shell[name]) : null);
  const temporaryFolder = folderOf('TMPDIR');
  const ofChildren = {
    ...pick((name) => forChildren.test(name)),
    ...(temporaryFolder !== null && { TMPDIR: temporaryFolder }),
    ...everywhere,
  };
  return {
    databaseUrl: addressOf('DATABASE_URL'),
    redisUrl: addressOf('REDIS_URL'),
    cacheFolder: folderOf('DARKROOM_CACHE_DIR'),
    mediaFolder: folderOf('DARKROOM_MEDIA_DIR'),
    ofBlobs: pick((name) => forBlobs.test(name)),
    xdgCacheHome: shell['XDG_CACHE_HOME'] || null,
    path: shell['PATH'] ?? '',
    ofChildren,
    ofTools: { ...pick((name) => forTools.some((form) => form.test(name))), ...ofChildren },
  };
}

/**
 * The requests of this process go to this machine, never through a proxy, also where Node was told to use one
 * (NODE_USE_ENV_PROXY). What downloads has an environment of its own.
 */
export function keepRequestsHere(shell: NodeJS.ProcessEnv = process.env): void {
  const isTold = shell['NODE_USE_ENV_PROXY'] || /--use-env-proxy/.test(shell['NODE_OPTIONS'] ?? '');
  // An older Node has no way back.
  if (isTold && 'setGlobalProxyFromEnv' in http)
    http.setGlobalProxyFromEnv({ http_proxy: 'http://127.0.0.1:9', no_proxy: '*' });
}
