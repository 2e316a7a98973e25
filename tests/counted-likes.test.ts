import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { counterMetrics } from '../app/contract/counter-metrics.ts';
import type { CounterModeName } from '../app/counters/system.ts';
import { askAgain } from './support/ask-again.ts';
import { candidateOf, likesOn, startCountedVillage } from './support/counted-village.ts';
import type { CountedVillage } from './support/counted-village.ts';
import { createCuttableLink } from './support/cuttable-link.ts';
import { assertProblem, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { village } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';

/** When a count has all likes. `nearly`: it may lack some whose process failed between the commit and the count. */
const modes: Readonly<Record<CounterModeName, 'at once' | 'soon' | 'nearly'>> = {
  row: 'at once',
  'row-cas': 'at once',
  'raw-log': 'at once',
  accurate: 'at once',
  eventual: 'soon',
  'best-effort': 'nearly',
  flush: 'nearly',
};

/**
 * Asks again where a busy machine has not let storage answer, or where others have held the row of the photo for too long: that is what
 * must not count twice.
 */
const like = (app: TestApp, photoId: number, viewer: number) =>
  askAgain(
    () => app.ask('PUT', `/photos/${photoId}/like`, { viewer }),
    ({ statusCode }) => statusCode === 503,
  );

const storedLikes = async (app: TestApp, photoId: number): Promise<number> =>
  Number(
    (await app.sql<{ count: number }>('SELECT count(*) FROM likes WHERE photo_id = $1', [photoId]))[0]?.count,
  );

/** Counts that these processes say to have lost, as where Redis was silent for a moment. The likes are there: asked again, they count nothing. */
async function toldLost(...apps: readonly TestApp[]): Promise<number> {
  const texts = await Promise.all(apps.map((app) => app.metrics.registry.metrics()));
  const adds = new RegExp(`^${counterMetrics.counterOperations.name}{(.*operation="add".*)} (\\d+)`, 'gm');
  const lost = texts
    .flatMap((text) => [...text.matchAll(adds)])
    .filter(([, labels = '']) => !labels.includes('outcome="ok"'));
  return lost.reduce((sum, [, , count]) => sum + Number(count), 0);
}

/**
 * Number of the lock that the test holds: whoever commits a like of this person waits for it, when all but the commit is done, and for
 * longer than for other locks: a test on a busy machine may be slow to see it.
 */
const commitLock = 4_712;
const stalled = 27;
const stallCommits = `
  CREATE FUNCTION stall_commit() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
  BEGIN PERFORM pg_advisory_xact_lock(${commitLock}); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER stall_commit AFTER INSERT ON likes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.person_id = ${stalled}) EXECUTE FUNCTION stall_commit()`;

for (const [mode, when] of Object.entries(modes) as [CounterModeName, (typeof modes)[CounterModeName]][])
  describe(`likes with counter=${mode}`, () => {
    let counted: CountedVillage;
    before(async () => {
      counted = await startCountedVillage(candidateOf(mode));
      await counted.startRollups();
    });
    after(() => counted.stop());

    it('are there once each, and are counted once, whoever sends them how often', async () => {
      const [one, other] = counted.replicas;
      const people = Array.from({ length: 20 }, (_, index) => index + 1);
      for (const replica of [one, other]) assert.equal(await likesOn(replica, 10), 0);
      const asked = people.flatMap((person) => [one, other, one].map((app) => like(app, 10, person)));
      for (const { statusCode, body } of await Promise.all(asked)) assert.equal(statusCode, 200, body);
      for (const person of people) assert.equal((await like(other, 10, person)).statusCode, 200);
      assert.equal(await storedLikes(one, 10), people.length);
      const isWhole = async (replica: TestApp) => {
        const missing = people.length - (await likesOn(replica, 10));
        return when === 'nearly' ? missing >= 0 && missing <= (await toldLost(one, other)) : missing === 0;
      };
      if (when === 'at once') for (const replica of [one, other]) assert.ok(await isWhole(replica));
      for (const replica of [one, other]) await waitUntil(() => isWhole(replica));
    });

    it('come on top of those that were there before they were counted so', async () => {
      const [one, other] = counted.replicas;
      assert.equal(await likesOn(other, village.discussed), 3);
      const answer = await like(one, village.discussed, 9);
      assert.equal(answer.json<{ numberOfLikes: number }>().numberOfLikes, 4);
      await waitUntil(async () => (await likesOn(other, village.discussed)) === 4);
    });

    it('whose acknowledgement is lost are there once when they are sent again', async () => {
      const [one] = counted.replicas;
      const link = await createCuttableLink(counted.database.url);
      const cut = await startTestApp({
        candidate: candidateOf(mode),
        databaseUrl: link.url,
        environment: { ...counted.environment, DARKROOM_REPLICA: 'r3' },
      });
      try {
        await one.sql(stallCommits);
        await one.sql(`SELECT pg_advisory_lock(${commitLock})`);
        const lost = cut.ask('PUT', '/photos/11/like', { viewer: stalled });
        const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`;
        await waitUntil(async () => (await one.sql(waiting)).length > 0);
        link.freeze();
        await one.sql(`SELECT pg_advisory_unlock(${commitLock})`);
        await waitUntil(async () => (await storedLikes(one, 11)) === 1);
        await link.cut();
        assertProblem(await lost, 503, 'STORAGE_UNAVAILABLE');
        await link.mend();
        for (let times = 0; times < 2; times += 1)
          assert.equal((await cut.askAgain('PUT', '/photos/11/like', { viewer: stalled })).statusCode, 200);
        assert.equal((await like(one, 11, 3)).statusCode, 200);
        assert.equal(await storedLikes(one, 11), 2);
        if (when !== 'nearly') await waitUntil(async () => (await likesOn(one, 11)) === 2);
        const likes = await countAtRest(one, 11, 2);
        if (when === 'nearly') assert.ok(likes === 1 || likes === 2, String(likes));
        else assert.equal(likes, 2);
      } finally {
        await link.mend();
        await cut.close();
        await link.close();
      }
    });
  });

/** What is shown once it is what it should be, or after it had the time for it. */
async function countAtRest(app: TestApp, photoId: number, wanted: number): Promise<number> {
  await waitUntil(async () => (await likesOn(app, photoId)) === wanted, 1_500).catch(() => {});
  return likesOn(app, photoId);
}
