import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { startServiceProcess } from './support/service-process.ts';
import type { ServiceProcess } from './support/service-process.ts';
import { createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import type { TestDatabase } from './support/databases.ts';
import { village } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';
import { headers } from '../app/contract/headers.ts';

const environment = { DARKROOM_RIGHTS_LEASE_MS: '1000' };
type Answer = { readonly status: number; readonly code: string | undefined };

let database: TestDatabase;
let app: TestApp;
let frozen: ServiceProcess;
before(async () => {
  database = await createSeededDatabase();
  app = await startTestApp({ databaseUrl: database.url, environment });
  frozen = startServiceProcess({
    ...environment,
    DATABASE_URL: database.url,
    DARKROOM_CANDIDATE: 'ttl-only:tiers=memory,ttl=1h',
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DARKROOM_REPLICA: 'frozen',
  });
});
after(async () => {
  await frozen.stop();
  await app.close();
  await database.drop();
});

test('a replica that was stopped refuses when it wakes up, until it knows what has changed meanwhile', async () => {
  const { http } = await frozen.listening;
  // One connection, which is open when the process stops: what is sent there can be read at once when it goes on.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = () =>
    get(`http://127.0.0.1:${http}/photos/31`, {
      agent,
      headers: { [headers.viewer]: String(village.hermit) },
    });
  const answerTo = async (request: ReturnType<typeof send>): Promise<Answer> => {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, code: ((await json(response)) as { code?: string }).code };
  };
  await waitUntil(async () => (await answerTo(send())).status === 200);
  frozen.child.kill('SIGSTOP');
  const change = { viewer: village.sudden, body: { isPrivate: true } };
  // The replica that changes it has a short lease, too, and refuses while it has stood still for longer itself.
  await waitUntil(async () => {
    const { statusCode, body } = await app.ask('PUT', `/users/${village.sudden}/privacy`, change);
    assert.ok(statusCode === 204 || statusCode === 503, body);
    return statusCode === 204;
  });
  // It lies in the socket when the process wakes up, before PostgreSQL can have told it anything.
  const asked = send();
  const answered = answerTo(asked);
  await once(asked, 'finish');
  frozen.child.kill('SIGCONT');
  assert.deepEqual(await answered, { status: 503, code: 'RIGHTS_UNKNOWN' });
  const later = new Set<number>();
  await waitUntil(async () => {
    const { status } = await answerTo(send());
    later.add(status);
    return status !== 503;
  });
  assert.ok(later.has(404) && !later.has(200), `it has answered ${[...later].join(', ')}`);
  agent.destroy();
});
