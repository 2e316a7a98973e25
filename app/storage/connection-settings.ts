import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

/**
 * Options of a connection on which every statement raises the versions of what it changes. On all others, such as psql's, the
 * triggers of a migration raise them.
 */
export const keepsVersions = '-c darkroom.keeps_versions=on';

/** Options of a connection that copies rows which are as they should be: nothing of them is checked or told to anybody. */
export const seeds = '-c darkroom.seeds=on';

/** What means "no options": where there are none, the driver would take those of PGOPTIONS. */
const noOptions = ' ';

/**
 * What an address says, and what it does not say at the usual defaults. The driver would fill every gap from the PG*
 * variables and the password file of whoever started this process, each of which is meant for another server. `ownOptions`
 * are added to those of the address.
 */
export function connectionTo(databaseUrl: string, ownOptions = ''): ClientConfig {
  const said = parseIntoClientConfig(databaseUrl);
  return {
    ...said,
    host: said.host || 'localhost',
    port: said.port ?? 5432,
    user: said.user || systemUser(),
    // A function, since the driver takes an empty text for none.
    password: said.password || (() => ''),
    database: said.database || said.user || systemUser(),
    ssl: said.ssl ?? false,
    sslnegotiation: said.sslnegotiation ?? 'postgres',
    client_encoding: said.client_encoding || 'utf8',
    application_name: said.application_name || 'darkroom',
    options: `${said.options ?? ''} ${ownOptions}`.trim() || noOptions,
  };
}

/** As PostgreSQL's own programs do. In a container a user may have no name. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'postgres';
  }
}
