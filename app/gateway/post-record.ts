import { blobNameOf, renditionEdges, renditionFormats } from '../contract/renditions.ts';

/** What is known of a post, as metadata has it: parsed JSON. */
export type RecordData = { readonly [name: string]: unknown };

/** A post with its owner and newest comments, as storage has them. */
export type PostSource = {
  readonly id: number;
  readonly caption: string;
  readonly digest: string;
  readonly width_px: number;
  readonly height_px: number;
  readonly like_count: number;
  readonly comment_count: number;
  readonly created_at: Date;
  readonly owner_id: number;
  readonly owner_name: string;
  readonly owner_posts: number;
  readonly owner_followers: number;
  readonly owner_created_at: Date;
  readonly comments: readonly { readonly id: number; readonly by: string; readonly text: string }[];
};

export type ProfileSource = {
  readonly id: number;
  readonly name: string;
  readonly post_count: number;
  readonly follower_count: number;
  readonly created_at: Date;
};

/** The record of a post: what a service that shows it would ask for, about 2.6 KB. The same row gives the same record. */
export function postRecordOf(source: PostSource): RecordData {
  const { id, caption, digest, width_px, height_px, created_at, comments } = source;
  return {
    id,
    address: `/photos/${id}`,
    caption,
    createdAt: created_at.toISOString(),
    likes: source.like_count,
    comments: source.comment_count,
    owner: {
      id: source.owner_id,
      name: source.owner_name,
      address: `/users/${source.owner_id}/posts`,
      posts: source.owner_posts,
      followers: source.owner_followers,
      since: source.owner_created_at.toISOString(),
    },
    renditions: renditionsOf(digest, width_px, height_px),
    newestComments: comments,
    attributes: {
      visibility: 'public',
      digest,
      orientation: width_px >= height_px ? 'landscape' : 'portrait',
      megapixels: Math.round((width_px * height_px) / 10_000) / 100,
    },
  };
}

export function profileRecordOf({
  id,
  name,
  post_count,
  follower_count,
  created_at,
}: ProfileSource): RecordData {
  return {
    id,
    name,
    address: `/users/${id}/posts`,
    posts: post_count,
    followers: follower_count,
    createdAt: created_at.toISOString(),
    attributes: { visibility: 'public' },
  };
}

/** Each picture that is made of a photo: how large it is, where it is read, and under which name it is stored. None is enlarged. */
function renditionsOf(digest: string, widthPx: number, heightPx: number): RecordData[] {
  return renditionEdges.flatMap((edge) => {
    const scale = Math.min(1, edge / Math.max(widthPx, heightPx));
    const [width, height] = [widthPx, heightPx].map((side) => Math.max(1, Math.round(side * scale)));
    return renditionFormats.map((format) => ({
      name: `${edge}.${format}`,
      mediaType: `image/${format}`,
      size: { widthPx: width, heightPx: height },
      address: `/media/${digest}/${edge}`,
      storedAs: blobNameOf(digest, edge, format),
    }));
  });
}
