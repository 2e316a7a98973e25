import type { Client } from 'pg';
import { DarkroomError } from '../errors.ts';
import type { Statement } from './statement.ts';

/** The comment on the table of migrations: whoever finds it knows that all tables beside it are ours. */
const signature = 'darkroom 5d52ca43-d970-4b58-b06e-3fbb7650f5e7: the migrations of this database';

/** Makes the table of migrations and marks it, at once: there is never the one without the other. */
export const createMigrationsTable: Statement = {
  name: 'create_migrations',
  text: `
  BEGIN;
  CREATE TABLE migrations (name text PRIMARY KEY, checksum text NOT NULL);
  COMMENT ON TABLE migrations IS '${signature}';
  COMMIT`,
};

const describeMigrations: Statement = {
  name: 'describe_migrations',
  text: `
  SELECT obj_description(to_regclass('migrations'), 'pg_class') AS comment,
    (SELECT count(*) FROM pg_attribute
     WHERE attrelid = to_regclass('migrations') AND attname IN ('name', 'checksum'))::int AS columns`,
};

/** What somebody has made in a database. What extensions brought along is nobody's, and an empty schema is nothing. */
const listThings: Statement = {
  name: 'list_things',
  text: `
  WITH things AS (
    SELECT 'pg_class'::regclass AS class, oid, relname AS name, relnamespace AS schema FROM pg_class
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
    UNION ALL SELECT 'pg_proc'::regclass, oid, proname, pronamespace FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typname, typnamespace FROM pg_type WHERE typtype IN ('e', 'd', 'r')
  )
  SELECT nspname || '.' || name AS name FROM things JOIN pg_namespace ON pg_namespace.oid = schema
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND NOT EXISTS (
    SELECT FROM pg_depend WHERE classid = class AND objid = things.oid AND deptype = 'e')
  UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
  ORDER BY 1`,
};

const selectMigration: Statement = {
  name: 'select_migration',
  text: 'SELECT FROM migrations WHERE name::text = $1 AND checksum::text = $2',
};

const namesShown = 3;

/**
 * Whether the database is empty, or ours: by the mark on its table of migrations, or by the first migration, which those of
 * earlier versions have without a mark. Throws STORAGE_NOT_OURS for any other, and has changed nothing.
 */
export async function judgeDatabase(
  client: Client,
  first: { readonly name: string; readonly checksum: string },
): Promise<'empty' | 'ours'> {
  const { rows } = await client.query<{ comment: string | null; columns: number }>(describeMigrations.text);
  if (rows[0]?.comment === signature) return 'ours';
  if (rows[0]?.columns === 2) {
    const known = await client.query(selectMigration.text, [first.name, first.checksum]);
    if (known.rowCount === 1) return 'ours';
  }
  const things = (await client.query<{ name: string }>(listThings.text)).rows.map(({ name }) => name);
  if (things.length === 0) return 'empty';
  const others = things.length > namesShown ? ` and ${things.length - namesShown} more` : '';
  throw new DarkroomError(
    'STORAGE_NOT_OURS',
    `The database "${client.database}" is neither empty nor Darkroom's: it has ${things.slice(0, namesShown).join(', ')}${others}.`,
  );
}
