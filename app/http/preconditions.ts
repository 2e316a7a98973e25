/** One entity tag and what separates it from the next (RFC 9110, 8.8.3 and 5.6.1). */
const entityTag = /[ \t,]*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)/y;

/**
 * Whether the client has what the answer would show: `If-None-Match` names its entity tag, by weak comparison, or is `*`
 * (RFC 9110, 13.1.2). A list that is malformed names nothing. `If-Modified-Since` is never asked: nothing here has a date
 * that could be compared, and beside `If-None-Match` it would not count.
 */
export function isHeldByClient(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const list = ifNoneMatch.trim();
  if (list === '*') return true;
  const opaque = etag.replace(/^W\//, '');
  const named: (string | undefined)[] = [];
  entityTag.lastIndex = 0;
  while (entityTag.lastIndex < list.length) {
    const match = entityTag.exec(list);
    if (match === null) return false;
    named.push(match[1]);
  }
  return named.includes(opaque);
}
