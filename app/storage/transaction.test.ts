import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import { createTestDatabase } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { DarkroomError } from '../errors.ts';
import { createStorage } from './postgres.ts';
import type { StorageEvent } from './postgres.ts';
import type { Queries } from './statement.ts';

let database: TestDatabase;
let admin: pg.Client;
before(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query('CREATE TABLE numbers (number integer PRIMARY KEY CHECK (number < 100))');
  await admin.query(`CREATE TABLE pairs (
    one integer REFERENCES numbers (number) DEFERRABLE INITIALLY DEFERRED)`);
});
after(async () => {
  await admin.end();
  await database.drop();
});

/** A pool of one: whatever a transaction leaves behind, the next one finds. */
async function openStorage(context: TestContext, poolSize = 1) {
  const events: StorageEvent[] = [];
  const storage = createStorage(database.url, poolSize, (event) => void events.push(event));
  context.after(() => storage.close());
  await connected(storage);
  events.length = 0;
  return {
    storage,
    told: () => events.map(({ statement, errorType }) => `${statement} ${errorType}`),
    events,
  };
}

const insert = { name: 'insert_number', text: 'INSERT INTO numbers VALUES ($1)' };
const pid = { name: 'own_pid', text: 'SELECT pg_backend_pid() AS pid' };
const sleep = { name: 'sleep', text: 'SELECT pg_sleep($1)' };
const hasCode = (code: string) => (error: unknown) => error instanceof DarkroomError && error.code === code;

let last = 0;
/** A number that no other test uses. */
const newNumber = (): number => (last += 1);
const isStored = async (number: number): Promise<boolean> =>
  (await admin.query('SELECT FROM numbers WHERE number = $1', [number])).rowCount === 1;
const pidOf = async (queries: Queries): Promise<number> =>
  (await queries.query<{ pid: number }>(pid, []))[0]?.pid ?? 0;
/** Whether the connection that the pool gives next is in no transaction, and works. */
async function isCleanAfterwards(storage: Queries): Promise<boolean> {
  await waitUntil(async () => (await pidOf(storage).catch(() => 0)) > 0);
  const { rows } = await admin.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
  );
  return rows.length === 0;
}

describe('a transaction', () => {
  it('fails with what it did not wait for, and nothing else does', async (context) => {
    const { storage } = await openStorage(context);
    const [good, bad] = [newNumber(), 1_000];
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note);
    context.after(() => void process.off('unhandledRejection', note));
    const leftAlone: Promise<unknown>[] = [];
    const failing = storage.transaction(async (queries) => {
      leftAlone.push(queries.query(insert, [bad]));
      await queries.query(insert, [good]).catch(() => {});
    });
    await assert.rejects(failing, hasCode('ROW_REFUSED'));
    assert.equal(await isStored(good), false);
    assert.ok(await isCleanAfterwards(storage));
    assert.deepEqual(unhandled, []);
  });

  it('keeps all of its work on one connection, tells each statement, and gives the connection back', async (context) => {
    const { storage, told, events } = await openStorage(context);
    const [one, two] = [newNumber(), newNumber()];
    const pids = await storage.transaction(async (queries) => {
      await queries.query(insert, [one]);
      assert.equal(await isStored(one), false, 'nobody sees it before it is committed');
      const inside = await pidOf(queries);
      await queries.query(insert, [two]);
      return [inside, await pidOf(queries)];
    });
    assert.deepEqual(pids, [await pidOf(storage), await pidOf(storage)]);
    assert.ok((await isStored(one)) && (await isStored(two)));
    assert.deepEqual(told().slice(0, 6), [
      'begin null',
      'insert_number null',
      'own_pid null',
      'insert_number null',
      'own_pid null',
      'commit null',
    ]);
    assert.ok(events.every(({ waitMs, durationMs }) => waitMs <= durationMs));
  });

  it('leaves nothing of work that fails, and rejects with its own failure', async (context) => {
    const { storage, told } = await openStorage(context);
    const number = newNumber();
    const reason = new DarkroomError('CONFLICT', 'not so');
    const before = await pidOf(storage);
    await assert.rejects(
      storage.transaction(async (queries) => {
        await queries.query(insert, [number]);
        throw reason;
      }),
      reason,
    );
    assert.equal(await isStored(number), false);
    assert.deepEqual(told().slice(-1), ['rollback null']);
    assert.equal(await pidOf(storage), before, 'the connection is whole, so it is kept');
  });

  it('makes of a refused statement what it speaks of, and keeps nothing', async (context) => {
    const { storage, told } = await openStorage(context);
    const number = newNumber();
    await assert.rejects(
      storage.transaction(async (queries) => {
        await queries.query(insert, [number]);
        await queries.query(insert, [1_000]);
      }),
      hasCode('ROW_REFUSED'),
    );
    assert.equal(await isStored(number), false);
    assert.deepEqual(told(), ['begin null', 'insert_number null', 'insert_number 23514', 'rollback null']);
    assert.ok(await isCleanAfterwards(storage));
  });

  it('does not take for done what PostgreSQL has given up, though the work went on after a failure', async (context) => {
    const { storage } = await openStorage(context);
    const number = newNumber();
    const work = storage.transaction(async (queries) => {
      await queries.query(insert, [number]);
      await queries.query(insert, [1_000]).catch(() => {});
      return 'done';
    });
    await assert.rejects(work, hasCode('ROW_REFUSED'));
    assert.equal(await isStored(number), false);
    assert.ok(await isCleanAfterwards(storage));
  });

  it('rejects when the commit is refused', async (context) => {
    const { storage } = await openStorage(context);
    const pair = { name: 'insert_pair', text: 'INSERT INTO pairs VALUES ($1)' };
    const work = storage.transaction((queries) => queries.query(pair, [99]));
    await assert.rejects(work, hasCode('ROW_REFUSED'));
    assert.equal((await admin.query('SELECT FROM pairs')).rowCount, 0);
    assert.ok(await isCleanAfterwards(storage));
  });

  it('takes no statement after its end, which would go to somebody else’s connection', async (context) => {
    const { storage } = await openStorage(context);
    let kept: Queries | undefined;
    await storage.transaction(async (queries) => void (kept = queries));
    await assert.rejects(async () => kept?.query(pid, []), RangeError);
    assert.ok(await isCleanAfterwards(storage));
  });
});

describe('a transaction in trouble', () => {
  it('whose connection is killed is undone, and the next one gets another', async (context) => {
    const { storage } = await openStorage(context);
    const number = newNumber();
    let killed = 0;
    const work = storage.transaction(async (queries) => {
      await queries.query(insert, [number]);
      killed = await pidOf(queries);
      await admin.query('SELECT pg_terminate_backend($1, 5000)', [killed]);
      await queries.query(insert, [newNumber()]);
    });
    await assert.rejects(work, hasCode('STORAGE_UNAVAILABLE'));
    assert.equal(await isStored(number), false);
    assert.ok(await isCleanAfterwards(storage));
    assert.notEqual(await pidOf(storage), killed);
  });

  it('whose commit is killed before it is sent is undone', async (context) => {
    const { storage } = await openStorage(context);
    const number = newNumber();
    const work = storage.transaction(async (queries) => {
      await queries.query(insert, [number]);
      await admin.query('SELECT pg_terminate_backend($1, 5000)', [await pidOf(queries)]);
    });
    await assert.rejects(work, hasCode('STORAGE_UNAVAILABLE'));
    assert.equal(await isStored(number), false);
    assert.ok(await isCleanAfterwards(storage));
  });

  it('is given up when its work takes too long, though a statement is under way', async (context) => {
    const { storage } = await openStorage(context);
    const number = newNumber();
    let slow = 0;
    const work = storage.transaction(async (queries) => {
      await queries.query(insert, [number]);
      slow = await pidOf(queries);
      await queries.query(sleep, [1.5]);
      await queries.query(insert, [newNumber()]);
    }, 50);
    await assert.rejects(work, hasCode('STORAGE_BUSY'));
    assert.equal(await isStored(number), false);
    assert.ok(await isCleanAfterwards(storage));
    assert.notEqual(await pidOf(storage), slow, 'a connection that is still busy is not given back');
  });

  it('is given up when its work waits for something else, and its connection is whole', async (context) => {
    const { storage } = await openStorage(context);
    const number = newNumber();
    // On a busy machine the statement may be under way when the limit is over, or PostgreSQL ends what stands still.
    await waitUntil(async () => {
      const before = await pidOf(storage);
      const work = storage.transaction(async (queries) => {
        await queries.query(insert, [number]);
        await new Promise(() => {});
      }, 50);
      await assert.rejects(work, hasCode('STORAGE_BUSY'));
      assert.equal(await isStored(number), false);
      return (await pidOf(storage)) === before;
    });
  });

  it('that stands still for too long is ended by PostgreSQL, and says so', async (context) => {
    const { storage } = await openStorage(context);
    const number = newNumber();
    const work = storage.transaction(async (queries) => {
      await queries.query(insert, [number]);
      const standing = await pidOf(queries);
      await waitUntil(async () => {
        const { rowCount } = await admin.query('SELECT FROM pg_stat_activity WHERE pid = $1', [standing]);
        return rowCount === 0;
      });
      await queries.query(insert, [newNumber()]);
    }, 30_000);
    await assert.rejects(work, hasCode('STORAGE_BUSY'));
    assert.equal(await isStored(number), false);
    assert.ok(await isCleanAfterwards(storage));
  });

  it('that loses a deadlock is undone, and the other goes through', async (context) => {
    const { storage } = await openStorage(context, 2);
    const [one, two] = [newNumber(), newNumber()];
    for (const number of [one, two]) await admin.query('INSERT INTO numbers VALUES ($1)', [number]);
    const lock = { name: 'lock_number', text: 'SELECT FROM numbers WHERE number = $1 FOR UPDATE' };
    const both = Promise.withResolvers<void>();
    let holding = 0;
    const cross = (first: number, second: number) =>
      storage.transaction(async (queries) => {
        await queries.query(lock, [first]);
        holding += 1;
        if (holding === 2) both.resolve();
        await both.promise;
        await queries.query(lock, [second]);
      });
    const results = await Promise.allSettled([cross(one, two), cross(two, one)]);
    const lost = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    assert.ok(lost.length >= 1 && lost.every(hasCode('STORAGE_BUSY')), String(lost));
    assert.ok(await isCleanAfterwards(storage));
  });

  it('that gets no connection has begun nothing', async (context) => {
    const { storage, told } = await openStorage(context);
    const held = Promise.withResolvers<void>();
    const holder = storage.transaction(() => held.promise);
    let hasBegun = false;
    const waiting = storage.transaction(async () => void (hasBegun = true));
    await assert.rejects(waiting, hasCode('STORAGE_UNAVAILABLE'));
    held.resolve();
    // Where the machine is busy, PostgreSQL has ended it meanwhile.
    await holder.catch(() => {});
    assert.equal(hasBegun, false);
    assert.ok(told().includes('begin timeout'), told().join());
  });
});

describe('an attempt within a transaction', () => {
  it('that fails is undone alone, and one that succeeds is kept', async (context) => {
    const { storage, told } = await openStorage(context);
    const [before, failed, kept] = [newNumber(), newNumber(), newNumber()];
    await storage.transaction(async (queries) => {
      await queries.query(insert, [before]);
      const failing = queries.attempt(async (own) => {
        await own.query(insert, [failed]);
        await own.query(insert, [1_000]);
      }, 1_000);
      await assert.rejects(failing, hasCode('ROW_REFUSED'));
      await queries.attempt((own) => own.query(insert, [kept]), 1_000);
    });
    assert.deepEqual(
      [await isStored(before), await isStored(failed), await isStored(kept)],
      [true, false, true],
    );
    assert.ok(await isCleanAfterwards(storage));
    assert.deepEqual(told().slice(0, 6), [
      'begin null',
      'insert_number null',
      'savepoint null',
      'insert_number null',
      'insert_number 23514',
      'rollback_to null',
    ]);
  });

  it('fails with what it did not wait for, and takes no statements when it is over', async (context) => {
    const { storage } = await openStorage(context);
    const [good, late] = [newNumber(), newNumber()];
    const leftAlone: Promise<unknown>[] = [];
    let attempted: Queries | undefined;
    await storage.transaction(async (queries) => {
      const failing = queries.attempt(async (own) => {
        attempted = own;
        leftAlone.push(own.query(insert, [1_000]));
        await Promise.resolve();
      }, 1_000);
      await assert.rejects(failing, hasCode('ROW_REFUSED'));
      await queries.query(insert, [good]);
      await assert.rejects(Promise.resolve(attempted?.query(insert, [late])), RangeError);
    });
    assert.deepEqual([await isStored(good), await isStored(late)], [true, false]);
  });

  it('that takes too long is undone, and the transaction goes on', async (context) => {
    const { storage } = await openStorage(context);
    const [slow, good] = [newNumber(), newNumber()];
    await storage.transaction(async (queries) => {
      const tooLong = queries.attempt(async (own) => {
        await own.query(insert, [slow]);
        await own.query(sleep, [0.2]);
      }, 50);
      await assert.rejects(tooLong, hasCode('STORAGE_BUSY'));
      await queries.query(insert, [good]);
    });
    assert.deepEqual([await isStored(slow), await isStored(good)], [false, true]);
  });

  it('without an answer makes the transaction fail, also where its failure is borne', async (context) => {
    const { storage } = await openStorage(context);
    const good = newNumber();
    const failing = storage.transaction(async (queries) => {
      await queries.query(insert, [good]);
      const own = await pidOf(queries);
      const cut = queries.attempt(async (tried) => {
        const sleeping = tried.query(sleep, [10]);
        await waitUntil(async () => {
          const { rowCount } = await admin.query('SELECT pg_terminate_backend($1)', [own]);
          return rowCount === 1;
        });
        await sleeping;
      }, 2_000);
      await cut.catch(() => {});
    });
    await assert.rejects(failing, (error) => error instanceof DarkroomError);
    assert.equal(await isStored(good), false);
    assert.ok(await isCleanAfterwards(storage));
  });
});
