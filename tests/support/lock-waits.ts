import assert from 'node:assert/strict';
import type pg from 'pg';
import { codeOf } from '../../app/storage/refusals.ts';
import { waitUntil } from './wait-until.ts';

type Waiting<Result> = {
  /** What waits for a lock. */
  readonly waiting: Promise<Result>;
  /** Lets it go on. */
  readonly release: () => Promise<unknown>;
};

const lockNotAvailable = '55P03';
const attemptsMax = 5;

/**
 * What becomes of work of the service that waits for a lock of the test in this database. The service gives up after a second, in which a
 * busy machine may not come to let it go on: then all of it is begun again.
 */
export async function whileItWaits<Result>(
  admin: pg.Client,
  begin: () => Promise<Waiting<Result>>,
): Promise<Result> {
  const somebodyWaits = async (): Promise<boolean> =>
    (
      await admin.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
    ).rows.length > 0;
  for (let attempt = 1; ; attempt += 1) {
    const { waiting, release } = await begin();
    let isOver = false;
    const noteOver = (): void => {
      isOver = true;
    };
    waiting.then(noteOver, noteOver);
    let hasWaited = false;
    await waitUntil(async () => (hasWaited ||= await somebodyWaits()) || isOver);
    await release();
    try {
      const result = await waiting;
      assert.ok(hasWaited, 'it waited for nobody');
      return result;
    } catch (error) {
      const isLate = codeOf((error as Error).cause) === lockNotAvailable;
      if (!isLate || attempt === attemptsMax) throw error;
    }
  }
}
