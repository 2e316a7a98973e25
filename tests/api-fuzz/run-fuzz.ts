import type { Description, Operation } from './described-api.ts';
import { operationsOf } from './described-api.ts';
import { makeRequests } from './fuzz-requests.ts';
import type { FuzzRequest } from './fuzz-requests.ts';
import { judgeAnswer } from './judge-answer.ts';
import { askAgain } from '../support/ask-again.ts';
import { createSender } from './send-request.ts';
import type { Answered, Sender } from './send-request.ts';

export type FuzzSettings = {
  readonly port: number;
  readonly jpeg: Buffer;
  readonly count: number;
  readonly seed: number;
  /** Requests that are under way at the same time. */
  readonly atOnce: number;
};

export type FuzzResult = {
  readonly requests: number;
  readonly operations: readonly Operation[];
  readonly byStatus: ReadonlyMap<number, number>;
  /** One line for each answer that is wrong, with the request that got it. */
  readonly complaints: readonly string[];
};

/** Generates requests from the description that a running service gives of itself, sends them, and judges each answer. */
export async function fuzzApi({ port, jpeg, count, seed, atOnce }: FuzzSettings): Promise<FuzzResult> {
  const sender = createSender(port);
  try {
    const operations = operationsOf(await describedBy(sender));
    const requests = makeRequests(operations, jpeg, { count, seed });
    const byStatus = new Map<number, number>();
    const complaints: string[] = [];
    const pending = requests.values();
    const sendOn = async (): Promise<void> => {
      for (const request of pending) {
        const { status, complaint } = await askOne(sender, request);
        byStatus.set(status, 1 + (byStatus.get(status) ?? 0));
        if (complaint !== null) complaints.push(`${tell(request)}: ${status}: ${complaint}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sendOn));
    return { requests: requests.length, operations, byStatus, complaints };
  } finally {
    sender.close();
  }
}

async function describedBy(sender: Sender): Promise<Description> {
  const request = { operation: null, method: 'GET', url: '/openapi.json', headers: {}, body: null };
  const { body } = await sender.send(request);
  return JSON.parse(body) as Description;
}

/** On a busy machine storage may not get a connection in time, or hold a lock for too long: clients are told to come again. */
const isForNow = ({ status, body }: Answered): boolean =>
  status === 503 && /"code":"STORAGE_(UNAVAILABLE|BUSY)"/.test(body);

async function askOne(sender: Sender, request: FuzzRequest) {
  try {
    const answer = await askAgain(() => sender.send(request), isForNow);
    return { status: answer.status, complaint: judgeAnswer(request, answer)?.slice(0, 400) ?? null };
  } catch (error) {
    return { status: 0, complaint: `no answer: ${String(error)}` };
  }
}

function tell({ method, url, headers, body }: FuzzRequest): string {
  const sent = body === null ? '' : ` ${JSON.stringify(body.toString('latin1').slice(0, 120))}`;
  return `${method} ${url.slice(0, 200)} ${JSON.stringify(headers)}${sent}`;
}
