import type { Loaded } from '../cache/entry.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/** A photo as pages and feeds show it, with its counts and its newest comments. */
export type Photo = {
  readonly id: number;
  readonly ownerId: number;
  readonly ownerName: string;
  readonly caption: string;
  readonly digest: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly likeCount: number;
  readonly commentCount: number;
  readonly createdAt: string;
  readonly newestComments: readonly {
    readonly commenterUserId: number;
    readonly commenterName: string;
    readonly comment: string;
  }[];
};

const selectPhotos: Statement = {
  name: 'select_photos',
  text: `
    SELECT photos.id, photos.version, photos.owner_id, owners.name AS owner_name, photos.caption, photos.digest,
      photos.width_px, photos.height_px, photos.like_count, photos.comment_count, photos.created_at,
      coalesce((
        SELECT jsonb_agg(jsonb_build_object(
          'commenterUserId', newest.author_id, 'commenterName', authors.name, 'comment', newest.text)
          ORDER BY newest.created_at DESC, newest.id DESC)
        FROM (
          SELECT id, author_id, text, created_at FROM comments WHERE photo_id = photos.id
          ORDER BY created_at DESC, id DESC LIMIT 2
        ) AS newest JOIN users AS authors ON authors.id = newest.author_id
      ), '[]') AS newest_comments
    FROM photos JOIN users AS owners ON owners.id = photos.owner_id
    WHERE photos.id = ANY ($1::integer[]) AND photos.deleted_at IS NULL`,
};

const insertPhoto: Statement = {
  name: 'insert_photo',
  text: `
    WITH owner AS (
      UPDATE users SET post_count = post_count + 1, grid_version = grid_version + 1 WHERE id = $1 RETURNING id, name, grid_version
    ), added AS (
      INSERT INTO photos (owner_id, caption, digest, width_px, height_px)
      SELECT id, $2, $3, $4, $5 FROM owner RETURNING id, created_at
    )
    SELECT added.id, added.created_at, owner.name AS owner_name, owner.grid_version FROM added, owner`,
};

const updateCaption: Statement = {
  name: 'update_caption',
  text: `
    UPDATE photos SET caption = $3, version = version + 1
    WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL RETURNING version`,
};

const deletePhoto: Statement = {
  name: 'delete_photo',
  text: `
    WITH removed AS (
      UPDATE photos SET deleted_at = now(), version = version + 1, comments_version = comments_version + 1
      WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL RETURNING owner_id, version, comments_version
    ), owner AS (
      UPDATE users SET post_count = post_count - 1, grid_version = grid_version + 1
      FROM removed WHERE users.id = removed.owner_id RETURNING users.grid_version
    )
    SELECT removed.version, removed.comments_version, owner.grid_version FROM removed, owner`,
};

const selectOwner: Statement = {
  name: 'select_photo_owner',
  text: 'SELECT owner_id FROM photos WHERE id = $1 AND deleted_at IS NULL',
};

type PhotoRow = {
  id: number;
  version: number;
  owner_id: number;
  owner_name: string;
  caption: string;
  digest: string;
  width_px: number;
  height_px: number;
  like_count: number;
  comment_count: number;
  created_at: Date;
  newest_comments: Photo['newestComments'];
};

function toPhoto(row: PhotoRow): Photo {
  return {
    id: row.id,
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    caption: row.caption,
    digest: row.digest,
    widthPx: row.width_px,
    heightPx: row.height_px,
    likeCount: row.like_count,
    commentCount: row.comment_count,
    createdAt: row.created_at.toISOString(),
    newestComments: row.newest_comments,
  };
}

export type NewPhoto = {
  readonly ownerId: number;
  readonly caption: string;
  readonly digest: string;
  readonly widthPx: number;
  readonly heightPx: number;
};
export type AddedPhoto = {
  readonly id: number;
  readonly createdAt: string;
  readonly ownerName: string;
  readonly gridVersion: number;
};
export type DeletedPhoto = {
  readonly version: number;
  readonly commentsVersion: number;
  readonly gridVersion: number;
};

export type PhotoStore = ReturnType<typeof createPhotoStore>;

export function createPhotoStore(storage: Queries) {
  return {
    /** Photos that exist, by id, in one query. */
    async load(ids: readonly number[]): Promise<ReadonlyMap<number, Loaded<Photo>>> {
      const rows = await storage.query<PhotoRow>(selectPhotos, [ids]);
      return new Map(rows.map((row) => [row.id, { value: toPhoto(row), version: row.version }] as const));
    },
    /** Undefined when there is no such owner. */
    async add(photo: NewPhoto): Promise<AddedPhoto | undefined> {
      type Row = { id: number; created_at: Date; owner_name: string; grid_version: number };
      const values = [photo.ownerId, photo.caption, photo.digest, photo.widthPx, photo.heightPx];
      const [row] = await storage.query<Row>(insertPhoto, values);
      if (row === undefined) return undefined;
      return {
        id: row.id,
        createdAt: row.created_at.toISOString(),
        ownerName: row.owner_name,
        gridVersion: row.grid_version,
      };
    },
    /** The new version; undefined when the photo is not the owner's. */
    async changeCaption(id: number, ownerId: number, caption: string): Promise<number | undefined> {
      const [row] = await storage.query<{ version: number }>(updateCaption, [id, ownerId, caption]);
      return row?.version;
    },
    /** Undefined when the photo is not the owner's. */
    async remove(id: number, ownerId: number): Promise<DeletedPhoto | undefined> {
      type Row = { version: number; comments_version: number; grid_version: number };
      const [row] = await storage.query<Row>(deletePhoto, [id, ownerId]);
      return (
        row && { version: row.version, commentsVersion: row.comments_version, gridVersion: row.grid_version }
      );
    },
    async ownerOf(id: number): Promise<number | undefined> {
      const [row] = await storage.query<{ owner_id: number }>(selectOwner, [id]);
      return row?.owner_id;
    },
  };
}
