import { Agent, request } from 'node:http';
import { headers } from '../../app/contract/headers.ts';

/** A refusal that passes, by its code. */
export type Refusal = { readonly refused: string };

/** Asks one gateway. */
export type MetadataClient = {
  /** The version that the record has by this write. */
  write(recordId: number, note: string): Promise<number | Refusal>;
  /** The version that it shows. */
  read(recordId: number, consistency: 'consistent' | 'eventual'): Promise<number | Refusal>;
  close(): void;
};

const answerLimitMs = 10_000;

export function createMetadataClient(address: string, token: string): MetadataClient {
  const agent = new Agent({ keepAlive: true });
  const ask = async (method: string, path: string, body?: string): Promise<Answer | Refusal> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const given = {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const options = { agent, method, timeout: answerLimitMs, headers: given };
    const asked = request(`${address}${path}`, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => {
        const version = Number(response.headers[headers.entryVersion.toLowerCase()]);
        resolve({ status: response.statusCode ?? 0, text, version });
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new RangeError(`${method} ${path} is not answered`)));
    asked.end(body);
    const answer = await promise;
    if (answer.status === 503) return { refused: (JSON.parse(answer.text) as { code: string }).code };
    if (answer.status !== 200) throw new RangeError(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  return {
    async write(recordId, note) {
      const body = JSON.stringify({ attributes: { note } });
      const answer = await ask('PUT', `/metadata/posts/${recordId}`, body);
      return 'refused' in answer ? answer : (JSON.parse(answer.text) as { version: number }).version;
    },
    async read(recordId, consistency) {
      const answer = await ask('GET', `/metadata/posts/${recordId}?consistency=${consistency}`);
      return 'refused' in answer ? answer : answer.version;
    },
    close: () => agent.destroy(),
  };
}

type Answer = { readonly status: number; readonly text: string; readonly version: number };
