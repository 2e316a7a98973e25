import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sentOperations } from '../app/contract/operations.ts';
import { loginLimits } from '../app/http/login-throttle.ts';
import { accountPassword, logInNameOf, wrongPassword } from '../loadtests/workloads/log-in-accounts.ts';
import { createSocialGraph } from '../loadtests/workloads/social-graph.ts';
import { pathOfRequest } from '../loadtests/workloads/request-path.ts';
import { secretOfRequest } from '../loadtests/workloads/request-session.ts';
import { seedDatabase } from '../loadtests/workloads/seed-database.ts';
import { createWorkload } from '../loadtests/workloads/workload.ts';
import type { PlannedRequest } from '../loadtests/workloads/workload.ts';
import { tokenOfPerson } from '../cli/driver/seeded-token.ts';
import { startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';

const settings = { seed: 5, people: 40, photos: 100, followers: 'even', mix: 'log-ins' } as const;
const workload = createWorkload(settings);
let app: TestApp;
before(async () => {
  const rows = seedDatabase(workload.population, createSocialGraph(workload.population));
  app = await startTestApp({ rows, candidate: 'cache-aside:tiers=memory,invalidation=ttl' });
});
after(() => app.close());

const credentialsOf = ({ operation, viewerId }: PlannedRequest) => ({
  logInName: logInNameOf(settings.seed, viewerId),
  password: operation === 'failedLogIn' ? wrongPassword : accountPassword,
});

function send(request: PlannedRequest) {
  const secret = secretOfRequest(settings.seed, request);
  const named = secret === null ? {} : { authorization: `Bearer ${hash('sha256', secret, 'base64url')}` };
  const body = secret === null ? { body: credentialsOf(request) } : {};
  const { method } = sentOperations[request.operation];
  return app.ask(method, pathOfRequest(request), { headers: named, ...body });
}

const statuses: Partial<Record<PlannedRequest['operation'], number>> = {
  logIn: 201,
  failedLogIn: 401,
  logOut: 204,
  feedPage: 200,
  photoPage: 200,
};

test('the session of somebody whom the service was told to remember costs no query, not even the first time', async () => {
  const [met, told, nobody] = [11, 12, 9_999];
  const tokenOf = (personId: number) => tokenOfPerson(settings.seed, personId);
  /** Others go on in the background. */
  const askedForSessions = async (): Promise<number> => {
    const found =
      /^db_client_operation_duration_seconds_count\{.*db_operation_name="select_session".*\} (\d+)/m.exec(
        await app.metrics.registry.metrics(),
      );
    return Number(found?.[1] ?? 0);
  };
  const queriesOf = async (personId: number): Promise<number> => {
    const before = await askedForSessions();
    const headers = { authorization: `Bearer ${tokenOf(personId)}` };
    const answer = await app.ask('GET', `/users/${personId}/follow-requests`, { headers });
    assert.equal(answer.statusCode, personId === nobody ? 401 : 200, answer.body);
    return (await askedForSessions()) - before;
  };
  await app.rememberSessions([told, nobody].map(tokenOf).concat('no token'));
  assert.deepEqual([await queriesOf(met), await queriesOf(met), await queriesOf(told)], [1, 0, 0]);
  assert.equal(await queriesOf(nobody), 1, 'one that is not there is looked for');
});

test('the service knows the sessions and the accounts that a load goes by, and each log-out ends one', async () => {
  const ended: PlannedRequest[] = [];
  const asked = new Map<string, number>();
  for (let index = 0; index < 1_600; index += 1) {
    const request = workload.requestAt(1, index);
    const expected = statuses[request.operation];
    const isRead = request.operation === 'feedPage' || request.operation === 'photoPage';
    // Of what is alike, or takes long, only the first ones.
    const isAlike = expected === 201 || (isRead && request.session === undefined);
    if (expected === undefined || (isAlike && index > 200)) continue;
    const answer = await send(request);
    assert.equal(answer.statusCode, expected, `${request.operation}: ${answer.body}`);
    asked.set(request.operation, (asked.get(request.operation) ?? 0) + 1);
    if (request.operation === 'logOut') ended.push(request);
  }
  assert.deepEqual(new Set(asked.keys()), new Set(Object.keys(statuses)));
  const [gone] = ended;
  assert.ok(gone !== undefined);
  assert.equal((await send(gone)).statusCode, 204, 'who has been logged out is logged out');
  const asGone = { ...gone, operation: 'feedPage', params: { userId: gone.viewerId } } as const;
  assert.equal((await send(asGone)).statusCode, 401, 'and reads nothing by that session');
});

test('in lab mode nobody is locked out by wrong passwords, unless a setting says so', async () => {
  const viewerId = settings.people + 3;
  const failed = { operation: 'failedLogIn', viewerId, params: {} } as const;
  for (let times = 0; times <= loginLimits.perNameAndAddress; times += 1)
    assert.equal((await send(failed)).statusCode, 401);
  assert.equal((await send({ ...failed, operation: 'logIn' })).statusCode, 201);
});
