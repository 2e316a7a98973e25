import { randomAt, streams, uint32At } from './counter-random.ts';
import { pageRecords } from './request-path.ts';

/** Only so many of the newest posts are asked for: a leader that owns as many has every one of them. */
const askedRecords = 1_000;

/** Draws the page or the record that a request is about: each of the newest posts is as likely as the others. */
export function createMetadataRequests({ seed, photos }: { readonly seed: number; readonly photos: number }) {
  const asked = Math.min(photos, askedRecords);
  const oldest = photos - asked;
  return (operation: 'metadataPage' | 'putMetadata', pass: number, index: number) => {
    const share = randomAt(seed, pass, streams.metadata, index);
    if (operation === 'metadataPage') {
      const after = oldest + Math.floor(share * Math.max(1, asked - pageRecords));
      // A cursor is the id of a record, and the first id is 1.
      return { params: { after: Math.max(1, after) } };
    }
    const text = `note ${uint32At(seed, pass, streams.text, index).toString(36)}`;
    return { params: { recordId: oldest + 1 + Math.floor(share * asked) }, text };
  };
}
