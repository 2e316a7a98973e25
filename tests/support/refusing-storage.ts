import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createSeededDatabase } from './test-app.ts';

/** Statements that begin and end a refusal. */
export type Refusal = {
  readonly begin: (names: Names) => string;
  readonly end: (names: Names) => string;
};
type Names = { readonly database: string; readonly role: string };

/** A seeded database that begins to refuse what a test wants it to. */
export type RefusingStorage = {
  /** For a role that is no superuser. */
  readonly url: string;
  /** As the superuser, on a connection that no refusal ends. */
  sql<Row extends object>(text: string): Promise<Row[]>;
  /** Begins, for those who are connected too. */
  refuse(refusal: Refusal): Promise<void>;
  serve(refusal: Refusal): Promise<void>;
  drop(): Promise<void>;
};

const password = 'one';

/** How a server refuses everything, or all writes. */
export const refusals = {
  'is read-only': {
    begin: ({ database }) => `ALTER DATABASE ${database} SET default_transaction_read_only = on`,
    end: ({ database }) => `ALTER DATABASE ${database} RESET default_transaction_read_only`,
  },
  'has a new password': {
    begin: ({ role }) => `ALTER ROLE ${role} PASSWORD 'two'`,
    end: ({ role }) => `ALTER ROLE ${role} PASSWORD '${password}'`,
  },
  'lets the role in no more': {
    begin: ({ role }) => `ALTER ROLE ${role} NOLOGIN`,
    end: ({ role }) => `ALTER ROLE ${role} LOGIN`,
  },
  'has no connection left': {
    begin: ({ role }) => `ALTER ROLE ${role} CONNECTION LIMIT 0`,
    end: ({ role }) => `ALTER ROLE ${role} CONNECTION LIMIT -1`,
  },
  'misses a grant': {
    begin: ({ role }) => `REVOKE INSERT ON likes FROM ${role}`,
    end: ({ role }) => `GRANT INSERT ON likes TO ${role}`,
  },
  'misses a table': {
    begin: () => 'ALTER TABLE likes RENAME TO likes_elsewhere',
    end: () => 'ALTER TABLE likes_elsewhere RENAME TO likes',
  },
  // The code and words of a full disk; a disk is not filled for it.
  'has a full disk': {
    begin: () => `
      CREATE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER fill_disk BEFORE INSERT ON likes EXECUTE FUNCTION fill_disk()`,
    end: () => 'DROP FUNCTION fill_disk CASCADE',
  },
} as const satisfies Record<string, Refusal>;

export async function createRefusingStorage(): Promise<RefusingStorage> {
  const database = await createSeededDatabase();
  const url = new URL(database.url);
  const names: Names = {
    database: url.pathname.slice(1),
    role: `darkroom_test_${randomUUID().replaceAll('-', '')}`,
  };
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  const sql = async <Row extends object>(text: string): Promise<Row[]> => (await admin.query<Row>(text)).rows;
  await sql(`CREATE ROLE ${names.role} LOGIN PASSWORD '${password}'`);
  for (const kind of ['TABLES', 'SEQUENCES'])
    await sql(`GRANT ALL ON ALL ${kind} IN SCHEMA public TO ${names.role}`);
  url.username = names.role;
  url.password = password;
  const change = async (statements: string): Promise<void> => {
    await sql(statements);
    await sql(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '${names.role}'`);
  };
  return {
    url: url.href,
    sql,
    refuse: ({ begin }) => change(begin(names)),
    serve: ({ end }) => change(end(names)),
    async drop() {
      await sql(`DROP OWNED BY ${names.role}`);
      await sql(`DROP ROLE ${names.role}`);
      await admin.end();
      await database.drop();
    },
  };
}
