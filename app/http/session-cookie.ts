import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';

/** A name that browsers take from the host itself alone, over a connection that nobody reads (RFC 6265bis, 4.1.3.2). */
const sessionCookie = '__Host-darkroom';

const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const;
const cookiePattern = new RegExp(`(?:^|;)\\s*${sessionCookie}=([^;\\s]*)`);
const bearerPattern = /^bearer +(\S+) *$/i;

/** The token of a request: of `Authorization: Bearer`, or else of its cookie; null where there is none. */
export function tokenOf({ authorization, cookie }: IncomingHttpHeaders): string | null {
  if (authorization !== undefined) return bearerPattern.exec(authorization)?.[1] ?? null;
  return cookie === undefined ? null : (cookiePattern.exec(cookie)?.[1] ?? null);
}

/** Whether the token is that of the cookie. */
export const isTokenOfCookie = (sent: IncomingHttpHeaders): boolean =>
  sent.authorization === undefined && tokenOf(sent) !== null;

/** For a client that is a browser. */
export function giveCookie(reply: FastifyReply, token: string, expiresAtMs: number): void {
  reply.setCookie(sessionCookie, token, { ...attributes, expires: new Date(expiresAtMs) });
}

export function takeCookie(reply: FastifyReply): void {
  reply.clearCookie(sessionCookie, attributes);
}
