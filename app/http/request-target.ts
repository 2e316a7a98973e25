/** All that stands before the path where a target is a whole address. */
const schemeAndAuthority = /^https?:\/\/[^/?#]*/i;

/**
 * The path and query of what a request asks for. Whoever asks may send the whole address, and every server must take it (RFC 9112,
 * 3.2.2); whose name stands in it means as little here as the header Host does.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = target.replace(schemeAndAuthority, '');
  return rest.length === target.length || rest.startsWith('/') ? rest : `/${rest}`;
}
