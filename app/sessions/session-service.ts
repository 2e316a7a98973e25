import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { RightsChanges, RightsLog } from '../access/access-rights.ts';
import { rightsUnknown } from '../access/access-rights.ts';
import type { MaybePromise } from '../cache/entry.ts';
import type { Clock } from '../clock.ts';
import type { Session, SessionStore } from './session-store.ts';

/** Sessions that a replica keeps, some 15 MB: of these, a request asks nobody. Of all others it asks storage. */
const rememberedMax = 50_000;
const lifetimeMs = 30 * 24 * 3_600_000;
/** Devices of one person; the oldest one is logged out by the next. */
const sessionsOfPersonMax = 20;
/** A session that is read while others end is read again. */
const readsMax = 3;

const tokenBytes = 32;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

export type NewSession = Session & { readonly token: string };

export type SessionService = ReturnType<typeof createSessionService>;

export type SessionServiceParts = {
  readonly sessionStore: SessionStore;
  readonly rightsLog: RightsLog;
  readonly rightsChanges: RightsChanges;
  /** Of the world: sessions expire by it. */
  readonly clock: Clock;
};

/**
 * Who a token stands for. A session is loaded once and then kept, until the log of changes says that it has ended: like rights, it
 * is known or refused.
 */
export function createSessionService(parts: SessionServiceParts) {
  const { sessionStore, rightsLog, rightsChanges, clock } = parts;
  const remembered = createMemory(rightsLog);
  const load = async (tokenHash: string): Promise<number | null> => {
    for (let reads = 0; reads < readsMax; reads += 1) {
      const before = remembered.endings();
      const session = await sessionStore.find(tokenHash);
      rightsLog.requireKnown();
      // The session that was read may be one that has ended in between.
      if (before !== remembered.endings()) continue;
      if (session === undefined || session.expiresAtMs <= clock.now()) return null;
      remembered.set(tokenHash, session);
      return session.personId;
    }
    throw rightsUnknown('Sessions are ending at the moment; try again.');
  };
  return {
    /** Null when there is no such session, or it has ended. Immediate when it is remembered. Throws RIGHTS_UNKNOWN. */
    personOf(token: string): MaybePromise<number | null> {
      const tokenHash = hashToken(token);
      if (tokenHash === null) return null;
      rightsLog.requireKnown();
      const known = remembered.get(tokenHash);
      if (known !== undefined && known.expiresAtMs > clock.now()) return known.personId;
      return load(tokenHash);
    },
    /**
     * Remembers sessions as if each had been used, by one query: what is asked by them needs none of its own then. Where sessions end
     * meanwhile, none is remembered.
     */
    async remember(tokens: readonly string[]): Promise<void> {
      const before = remembered.endings();
      const found = await sessionStore.findMany(tokens.flatMap((token) => hashToken(token) ?? []));
      rightsLog.requireKnown();
      if (before !== remembered.endings()) return;
      for (const [tokenHash, session] of found) remembered.set(tokenHash, session);
    },
    async begin(personId: number): Promise<NewSession> {
      const token = createToken();
      const nowMs = Math.floor(clock.now());
      const session = { personId, expiresAtMs: nowMs + lifetimeMs };
      await sessionStore.add(hashToken(token) ?? '', session, nowMs);
      await sessionStore.removeOutdated(personId, nowMs, sessionsOfPersonMax);
      return { ...session, token };
    },
    /** Answered when no replica takes the token any more. */
    async end(token: string): Promise<void> {
      const tokenHash = hashToken(token);
      if (tokenHash === null) return;
      await sessionStore.remove(tokenHash);
      await rightsChanges.everywhere();
    },
    async endAllOf(personId: number): Promise<void> {
      await sessionStore.removeAllOf(personId);
      await rightsChanges.everywhere();
    },
  };
}

/** The sessions that this replica remembers, each until the log of changes says that it has ended. */
function createMemory(rightsLog: RightsLog) {
  // With `max` there would be room for all of them from the start on, which takes 10 ms and more.
  const sessions = new LRUCache<string, Session>({ maxSize: rememberedMax, sizeCalculation: () => 1 });
  let endings = 0;
  rightsLog.listen({
    changed({ kind, tokenHash }) {
      if (kind !== 'log-out') return;
      endings += 1;
      sessions.delete(tokenHash);
    },
    replaced() {
      endings += 1;
      sessions.clear();
    },
  });
  return {
    get: (tokenHash: string): Session | undefined => sessions.get(tokenHash),
    set: (tokenHash: string, session: Session): void => void sessions.set(tokenHash, session),
    /** How often some have ended. */
    endings: (): number => endings,
  };
}

/** A new token: 256 bits of chance, in base64url. */
function createToken(): string {
  return randomBytes(tokenBytes).toString('base64url');
}

/** The name under which a session is stored and kept in memory; null for what is no token. Nobody finds a token by it. */
export function hashToken(token: string): string | null {
  return tokenPattern.test(token) ? hash('sha256', token, 'base64url') : null;
}
