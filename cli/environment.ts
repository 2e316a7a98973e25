/** The only place of the command line that reads environment variables. Proxies are left to those who download. */
export type Environment = {
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  readonly cacheFolder: string | null;
  readonly mediaFolder: string | null;
  readonly xdgCacheHome: string | null;
  readonly path: string;
  /** For child processes: everything but what names other people's servers. */
  readonly inherited: Readonly<Record<string, string>>;
};

export function readEnvironment(): Environment {
  const { DATABASE_URL, REDIS_URL, DARKROOM_CACHE_DIR, DARKROOM_MEDIA_DIR, XDG_CACHE_HOME, PATH } =
    process.env;
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    const isOurs =
      name === 'DATABASE_URL' ||
      name === 'REDIS_URL' ||
      name.startsWith('NODE_CHANNEL') ||
      /^(DARKROOM|K6|OTEL)_/.test(name);
    if (value !== undefined && !isOurs) inherited[name] = value;
  }
  return {
    databaseUrl: DATABASE_URL || null,
    redisUrl: REDIS_URL || null,
    cacheFolder: DARKROOM_CACHE_DIR || null,
    mediaFolder: DARKROOM_MEDIA_DIR || null,
    xdgCacheHome: XDG_CACHE_HOME || null,
    path: PATH ?? '',
    inherited,
  };
}
