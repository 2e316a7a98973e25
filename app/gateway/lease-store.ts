import type { Queries, Statement } from '../storage/statement.ts';
import type { LeaseRow } from './protocol/lease.ts';

/** The channel on which a new leader is told of. */
export const leaseChannel = 'darkroom_gateway_lease';

/** Who leads, as the row says. */
export type Leadership = {
  readonly epoch: number;
  /** Where the leader listens. */
  readonly address: string;
};

/** What was taken: whoever leads first also makes the records. */
export type Taken = { readonly epoch: number; readonly isFilled: boolean };

const selectLease: Statement = {
  name: 'select_gateway_lease',
  text: 'SELECT epoch::integer, renewals::integer, holder, address FROM gateway_lease',
};

const beginLease: Statement = {
  name: 'begin_gateway_lease',
  text: `
    WITH begun AS (
      INSERT INTO gateway_lease (name, epoch, renewals, holder, address) VALUES ('metadata', 1, 0, $1, $2)
      ON CONFLICT DO NOTHING RETURNING epoch, is_filled
    )
    SELECT epoch::integer, is_filled, pg_notify('${leaseChannel}', '') FROM begun`,
};

/** Only a row that still is as it was seen: whoever renews in between, or was faster, keeps it. */
const takeLease: Statement = {
  name: 'take_gateway_lease',
  text: `
    WITH taken AS (
      UPDATE gateway_lease SET epoch = epoch + 1, renewals = 0, holder = $3, address = $4
      WHERE epoch = $1 AND renewals = $2 RETURNING epoch, is_filled
    )
    SELECT epoch::integer, is_filled, pg_notify('${leaseChannel}', '') FROM taken`,
};

const renewLease: Statement = {
  name: 'renew_gateway_lease',
  text: 'UPDATE gateway_lease SET renewals = renewals + 1 WHERE epoch = $1 RETURNING epoch',
};

const releaseLease: Statement = {
  name: 'release_gateway_lease',
  text: 'UPDATE gateway_lease SET holder = NULL WHERE epoch = $1',
};

type SeenRow = LeaseRow & { readonly address: string };
type TakenRow = { readonly epoch: number; readonly is_filled: boolean };

const toTaken = ([row]: readonly TakenRow[]): Taken | null =>
  row === undefined ? null : { epoch: row.epoch, isFilled: row.is_filled };

export type LeaseStore = ReturnType<typeof createLeaseStore>;

/** The row of leadership. Storage decides what is written first; how long it lasts is measured by those who read it. */
export function createLeaseStore(storage: Queries) {
  const see = async (): Promise<SeenRow | undefined> => (await storage.query<SeenRow>(selectLease, []))[0];
  return {
    see,
    /** As the first of all leaders; null: there is a row by now. */
    begin: async (holder: string, address: string): Promise<Taken | null> =>
      toTaken(await storage.query<TakenRow>(beginLease, [holder, address])),
    /** Null: the row is not as it was seen. */
    take: async ({ epoch, renewals }: LeaseRow, holder: string, address: string): Promise<Taken | null> =>
      toTaken(await storage.query<TakenRow>(takeLease, [epoch, renewals, holder, address])),
    /** False: somebody else has taken over. */
    renew: async (epoch: number): Promise<boolean> => (await storage.query(renewLease, [epoch])).length > 0,
    /** Lets the next one take over at once. */
    release: async (epoch: number): Promise<void> => void (await storage.query(releaseLease, [epoch])),
    /** Null: nobody leads. One that has died leads until somebody takes over. */
    async find(): Promise<Leadership | null> {
      const row = await see();
      return row === undefined || row.holder === null ? null : { epoch: row.epoch, address: row.address };
    },
  };
}
