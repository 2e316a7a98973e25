import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { assertProblem, createSeededDatabase, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { village } from '../../tests/support/village-rows.ts';
import { createPasswordHashing } from './password-hashing.ts';

/** Two replicas outside of lab mode: there, a session alone says who asks. */
let database: TestDatabase;
let app: TestApp;
let other: TestApp;
before(async () => {
  database = await createSeededDatabase();
  const outside = { DARKROOM_LAB_MODE: '0', DARKROOM_LAB_TOKEN: '' };
  const candidate = 'cache-aside:tiers=memory,invalidation=ttl';
  [app, other] = await Promise.all([
    startTestApp({ databaseUrl: database.url, candidate, environment: outside }),
    startTestApp({
      databaseUrl: database.url,
      candidate,
      environment: { ...outside, DARKROOM_REPLICA: 'r2' },
    }),
  ]);
});
after(async () => {
  await Promise.all([app.close(), other.close()]);
  await database.drop();
});

type Session = { userId: number; token: string; expiresAt: string };
const password = 'correct horse battery staple';
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const signUp = (logInName: string) =>
  app.ask('POST', '/accounts', { body: { name: 'Somebody New', logInName, password } });
const logIn = (logInName: string, given = password) =>
  other.ask('POST', '/sessions', { body: { logInName, password: given } });
const newSession = async (logInName: string): Promise<Session> => {
  const answer = await signUp(logInName);
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json<Session>();
};
const feedOf = (replica: TestApp, { userId, token }: Session) =>
  replica.ask('GET', `/users/${userId}/feeds`, bearer(token));

describe('an account', () => {
  it('is made with a session, and logged into by its name in any case', async () => {
    const { userId, token } = await newSession('First.Person');
    assert.match(token, /^[\w-]{43}$/);
    assert.equal((await feedOf(other, { userId, token, expiresAt: '' })).statusCode, 200);
    const answer = await logIn('FIRST.person');
    assert.equal(answer.statusCode, 201, answer.body);
    const again = answer.json<Session>();
    assert.equal(again.userId, userId);
    assert.notEqual(again.token, token);
    assert.equal((await feedOf(app, again)).statusCode, 200);
    const cookie = String(answer.headers['set-cookie']);
    assert.match(cookie, /^__Host-darkroom=[\w-]{43}; /);
    for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax', 'Expires='])
      assert.ok(cookie.includes(part), part);
    const asBrowser = { headers: { cookie: `other=1; __Host-darkroom=${again.token}` } };
    assert.equal((await app.ask('GET', `/users/${userId}/feeds`, asBrowser)).statusCode, 200);
  });

  it('is refused for a name that somebody has, also of two at once, and for what is none', async () => {
    const answers = await Promise.all([signUp('twin'), signUp('TWIN')]);
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b),
      [201, 409],
    );
    assertProblem(await signUp('twin'), 409, 'NAME_TAKEN');
    for (const logInName of ['ab', 'with space', 'x'.repeat(31), 'späth'])
      assertProblem(await signUp(logInName), 400, 'INVALID_REQUEST');
    const body = { name: 'x', logInName: 'short', password: '1234567' };
    assertProblem(await app.ask('POST', '/accounts', { body }), 400, 'INVALID_REQUEST');
  });

  it('tells nobody whether it exists, and storage neither its password nor a token', async () => {
    const { token } = await newSession('secretive');
    const answers = await Promise.all([logIn('secretive', 'wrong password'), logIn('unheard.of')]);
    for (const answer of answers) assertProblem(answer, 401, 'LOG_IN_FAILED');
    assert.equal(answers[0].body, answers[1].body);
    const [account] = await app.sql<{ password_hash: string }>(
      `SELECT password_hash FROM accounts WHERE log_in_name = 'secretive'`,
    );
    assert.match(account?.password_hash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const hashed = createHash('sha256').update(token).digest();
    assert.equal((await app.sql('SELECT FROM sessions WHERE token_hash = $1', [hashed])).length, 1);
    const stored = await app.sql<{ line: string }>('SELECT sessions::text AS line FROM sessions');
    assert.ok(stored.every(({ line }) => !line.includes(token)));
  });
});

describe('logging in', () => {
  it('is not tried any more when it has failed too often', async () => {
    await newSession('guessed');
    for (let times = 0; times < 5; times += 1)
      assertProblem(await logIn('guessed', 'a wrong one'), 401, 'LOG_IN_FAILED');
    assertProblem(await logIn('guessed'), 429, 'TOO_MANY_LOGINS');
  });
});

describe('a session', () => {
  it('costs no query once it is known', async () => {
    const session = await newSession('frequent');
    const ask = async () => {
      assert.equal((await feedOf(app, session)).statusCode, 200);
      assert.equal((await app.ask('GET', '/photos/3', bearer(session.token))).statusCode, 200);
    };
    await ask();
    const { storageQueries, requests } = await app.counters();
    for (let times = 0; times < 10; times += 1) await ask();
    const later = await app.counters();
    assert.equal(later.requests - requests, 20);
    assert.equal(later.storageQueries - storageQueries, 0);
  });

  it('ends on every replica when it is logged out, and no other one does', async () => {
    const session = await newSession('leaving');
    const second = (await logIn('leaving')).json<Session>();
    for (const replica of [app, other]) assert.equal((await feedOf(replica, session)).statusCode, 200);
    const answer = await app.ask('DELETE', '/sessions/current', bearer(session.token));
    assert.equal(answer.statusCode, 204, answer.body);
    assert.match(String(answer.headers['set-cookie']), /^__Host-darkroom=; .*Max-Age=0/);
    for (const replica of [other, app]) {
      assertProblem(await feedOf(replica, session), 401, 'SESSION_ENDED');
      assertProblem(await replica.ask('GET', '/photos/3', bearer(session.token)), 401, 'SESSION_ENDED');
      assert.equal((await feedOf(replica, second)).statusCode, 200);
    }
  });

  it('that has ended takes its cookie with it, and can be logged out of', async () => {
    const { token } = await newSession('elsewhere');
    assert.equal((await app.ask('DELETE', '/sessions', bearer(token))).statusCode, 204);
    const asBrowser = { headers: { cookie: `__Host-darkroom=${token}` } };
    const isTaken = /^__Host-darkroom=; .*Max-Age=0/;
    const refused = await other.ask('GET', '/photos/3', asBrowser);
    assertProblem(refused, 401, 'SESSION_ENDED');
    assert.match(String(refused.headers['set-cookie']), isTaken);
    const ofAnother = { headers: { ...asBrowser.headers, ...bearer(token).headers } };
    const kept = await other.ask('GET', '/photos/3', ofAnother);
    assertProblem(kept, 401, 'SESSION_ENDED');
    assert.equal(kept.headers['set-cookie'], undefined, 'the session was not that of the cookie');
    for (const asked of [asBrowser, bearer(token)]) {
      const answer = await other.ask('DELETE', '/sessions/current', asked);
      assert.equal(answer.statusCode, 204, answer.body);
      assert.match(String(answer.headers['set-cookie']), isTaken);
    }
  });

  it('ends everywhere at once', async () => {
    const sessions = [await newSession('worried')];
    for (let times = 0; times < 3; times += 1) sessions.push((await logIn('worried')).json<Session>());
    for (const session of sessions) assert.equal((await feedOf(other, session)).statusCode, 200);
    const [first] = sessions as [Session];
    assert.equal((await app.ask('DELETE', '/sessions', bearer(first.token))).statusCode, 204);
    for (const session of sessions) assertProblem(await feedOf(other, session), 401, 'SESSION_ENDED');
  });

  it('ends when it expires, by the clock of the world, and is one of twenty at most', async () => {
    const session = await newSession('old');
    assert.equal((await feedOf(app, session)).statusCode, 200);
    await app.sql(
      `INSERT INTO sessions SELECT sha256(n::text::bytea), $1, now() - n * interval '1 hour', now() + interval '1 day'
       FROM generate_series(1, 30) AS n`,
      [session.userId],
    );
    await logIn('old');
    const [kept] = await app.sql<{ count: number }>(
      'SELECT count(*)::int FROM sessions WHERE person_id = $1',
      [session.userId],
    );
    assert.equal(kept?.count, 20);
    app.clock.resume(-31 * 24 * 3_600_000);
    assertProblem(await feedOf(app, session), 401, 'SESSION_ENDED');
    app.clock.resume(0);
  });

  it('is of no use where it is none, and not asked for where all see the same', async () => {
    for (const token of ['x', 'a'.repeat(43)]) {
      assertProblem(await app.ask('GET', '/photos/3', bearer(token)), 401, 'SESSION_ENDED');
      assert.equal((await app.ask('GET', '/health/live', bearer(token))).statusCode, 200);
    }
    assertProblem(await app.ask('DELETE', '/sessions/current'), 401, 'VIEWER_REQUIRED');
    assert.equal((await app.ask('GET', '/photos/3')).statusCode, 200);
    const asLab = { viewer: village.reader };
    assertProblem(await app.ask('GET', `/users/${village.reader}/feeds`, asLab), 401, 'VIEWER_REQUIRED');
  });
});

describe('hashing passwords', () => {
  it('is done for a few at once; others wait, and with too many it says so', async () => {
    const hashing = createPasswordHashing();
    const asked = Array.from({ length: 40 }, () => hashing.verify(null, password));
    const outcomes = await Promise.allSettled(asked);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 40 - 34);
    assert.equal(await hashing.verify(await hashing.hash(password), password), true);
  });
});
