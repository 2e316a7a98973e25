import type { Queries, Statement } from '../storage/statement.ts';
import { rightsUnknown } from './access-rights.ts';
import { changeKinds } from './rights-change.ts';
import type { Relation, RightsChange, RightsSnapshot } from './rights-change.ts';

/**
 * Enters a replica before it reads the rights, so that every change that commits from then on waits for it.
 */
const insertReplica: Statement = {
  name: 'insert_access_replica',
  text: `
    INSERT INTO access_replicas (id, applied_number, renewals, feed_kind) VALUES ($1, -1, 0, $2)
    ON CONFLICT (id) DO NOTHING`,
};

/**
 * All rights, as of one moment, for a replica that changes wait for at that moment. It returns no row where the
 * replica was forgotten meanwhile.
 */
const selectRights: Statement = {
  name: 'select_access_rights',
  text: `
    WITH renewed AS (
      UPDATE access_replicas SET renewals = renewals + 1, applied_number = -1 WHERE id = $1 RETURNING id
    ), rights AS (
      SELECT 'number' AS kind, last_number AS from_id, 0 AS to_id FROM access_head
      UNION ALL SELECT 'private', id, 0 FROM users WHERE is_private
      UNION ALL SELECT 'block', blocker_id, blocked_id FROM blocks
      UNION ALL SELECT 'follow', follower_id, followed_id
      FROM follows JOIN users ON users.id = follows.followed_id AND users.is_private
    )
    SELECT kind, from_id, to_id FROM rights WHERE EXISTS (SELECT FROM renewed) LIMIT $2`,
};

/**
 * Notes how far the replica has come, and returns the changes after that: one row without a kind where there are
 * none, and no row where the replica was forgotten.
 */
const renewReplica: Statement = {
  name: 'renew_access_replica',
  text: `
    WITH renewed AS (
      UPDATE access_replicas SET renewals = renewals + 1, applied_number = $2 WHERE id = $1 RETURNING id
    )
    SELECT changes.* FROM renewed LEFT JOIN LATERAL (
      SELECT number, kind, person_id, other_id, token_hash FROM access_changes WHERE number > $2 ORDER BY number LIMIT $3
    ) AS changes ON true`,
};

const selectFollowers: Statement = {
  name: 'select_access_followers',
  text: 'SELECT follower_id AS from_id, followed_id AS to_id FROM follows WHERE followed_id = ANY ($1::integer[]) LIMIT $2',
};

const deleteReplica: Statement = {
  name: 'delete_access_replica',
  text: 'DELETE FROM access_replicas WHERE id = $1',
};

const selectLastNumber: Statement = {
  name: 'select_access_number',
  text: 'SELECT last_number FROM access_head',
};

const selectBehind: Statement = {
  name: 'select_replicas_behind',
  text: 'SELECT id, renewals FROM access_replicas WHERE applied_number < $1',
};

/**
 * Forgets a replica that has not renewed its lease for as long as that lasts. If it renews it in this very
 * moment, it stays.
 */
const forgetReplica: Statement = {
  name: 'forget_access_replica',
  text: 'DELETE FROM access_replicas WHERE id = $1 AND renewals = $2 AND applied_number < $3',
};

/**
 * Changes that all replicas have applied are of no use: a replica that starts reads the rights themselves.
 */
const deleteApplied: Statement = {
  name: 'delete_applied_changes',
  text: `
    DELETE FROM access_changes
    WHERE number <= (SELECT coalesce(min(applied_number), $1::bigint) FROM access_replicas)`,
};

/** Changes that are read at once. */
export const changesAtOnceMax = 1_000;

type ReplicaSeen = { readonly id: string; readonly renewals: string };

type ChangeRow = {
  readonly number: string | null;
  readonly kind: string | null;
  readonly person_id: number;
  readonly other_id: number | null;
  readonly token_hash: Buffer | null;
};
type RelationRow = { readonly from_id: number | string; readonly to_id: number };

const toRelation = ({ from_id, to_id }: RelationRow): Relation => ({ fromId: Number(from_id), toId: to_id });

function toSnapshot(rows: readonly (RelationRow & { readonly kind: string })[]): RightsSnapshot {
  const of = (kind: string) => rows.filter((row) => row.kind === kind).map(toRelation);
  const [head] = of('number');
  return {
    number: head?.fromId ?? 0,
    privateIds: of('private').map(({ fromId }) => fromId),
    blocks: of('block'),
    follows: of('follow'),
  };
}

/** Throws RIGHTS_UNKNOWN for a kind of a later release: whoever does not understand a change cannot know. */
function toChange(row: ChangeRow): RightsChange[] {
  if (row.number === null) return [];
  const kind = changeKinds.find((known) => known === row.kind);
  if (kind === undefined)
    throw rightsUnknown(`This release knows no change of rights that is a ${row.kind}.`);
  return [
    {
      number: Number(row.number),
      kind,
      personId: row.person_id,
      otherId: row.other_id ?? 0,
      tokenHash: row.token_hash?.toString('base64url') ?? '',
    },
  ];
}

export type Replica = {
  readonly id: string;
  /** What its writes keep true of feeds: storage ends what was kept by replicas of another kind. */
  readonly feedKind: string;
};

/** What a replica asks on its own connection. */
export function createReplicaStore({ id, feedKind }: Replica, linesMax: number) {
  return {
    /** All rights; undefined when the replica was forgotten meanwhile, null when there are more than it can keep. */
    async join(own: Queries): Promise<RightsSnapshot | undefined | null> {
      type Row = RelationRow & { readonly kind: string };
      await own.query(insertReplica, [id, feedKind]);
      const rows = await own.query<Row>(selectRights, [id, linesMax + 1]);
      if (rows.length === 0) return undefined;
      return rows.length > linesMax ? null : toSnapshot(rows);
    },
    /** The changes after that number; undefined when the replica was forgotten. */
    async renew(own: Queries, number: number): Promise<readonly RightsChange[] | undefined> {
      const rows = await own.query<ChangeRow>(renewReplica, [id, number, changesAtOnceMax]);
      return rows.length === 0 ? undefined : rows.flatMap(toChange);
    },
    async followersOf(own: Queries, personIds: readonly number[]): Promise<readonly Relation[]> {
      if (personIds.length === 0) return [];
      return (await own.query<RelationRow>(selectFollowers, [personIds, linesMax])).map(toRelation);
    },
    leave: (own: Queries) => own.query(deleteReplica, [id]),
  };
}

export type ReplicaStore = ReturnType<typeof createReplicaStore>;

/** What is asked on behalf of a change. */
export function createChangeStore(storage: Queries) {
  return {
    /** The number of the last change that was committed. */
    async lastNumber(): Promise<number> {
      const [row] = await storage.query<{ last_number: string }>(selectLastNumber, []);
      return Number(row?.last_number ?? 0);
    },
    behind: (number: number) => storage.query<ReplicaSeen>(selectBehind, [number]),
    forget: ({ id, renewals }: ReplicaSeen, number: number) =>
      storage.query(forgetReplica, [id, renewals, number]),
    deleteApplied: (number: number) => storage.query(deleteApplied, [number]),
  };
}

export type ChangeStore = ReturnType<typeof createChangeStore>;
