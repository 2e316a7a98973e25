import type { Queries, Statement } from '../storage/statement.ts';

/** The person and the account at once; nothing where the name is taken. */
const insertAccount: Statement = {
  name: 'insert_account',
  text: `
    WITH free AS (
      SELECT FROM (VALUES (1)) AS one WHERE NOT EXISTS (SELECT FROM accounts WHERE log_in_name = $2)
    ), person AS (
      INSERT INTO users (name) SELECT $1 FROM free RETURNING id
    )
    INSERT INTO accounts (person_id, log_in_name, password_hash) SELECT id, $2, $3 FROM person
    RETURNING person_id`,
};

const selectAccount: Statement = {
  name: 'select_account',
  text: 'SELECT person_id, password_hash FROM accounts WHERE log_in_name = $1',
};

export type Account = { readonly personId: number; readonly passwordHash: string };
export type NewAccount = {
  readonly name: string;
  readonly logInName: string;
  readonly passwordHash: string;
};

export type AccountStore = ReturnType<typeof createAccountStore>;

export function createAccountStore(storage: Queries) {
  return {
    /** The id of the new person; undefined when the name is taken. Of two at once, one rejects with ROW_REFUSED. */
    async add({ name, logInName, passwordHash }: NewAccount): Promise<number | undefined> {
      type Row = { readonly person_id: number };
      const [row] = await storage.query<Row>(insertAccount, [name, logInName, passwordHash]);
      return row?.person_id;
    },
    async find(logInName: string): Promise<Account | undefined> {
      type Row = { readonly person_id: number; readonly password_hash: string };
      const [row] = await storage.query<Row>(selectAccount, [logInName]);
      return row && { personId: row.person_id, passwordHash: row.password_hash };
    },
  };
}
