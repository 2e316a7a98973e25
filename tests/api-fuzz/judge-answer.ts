import { Ajv } from 'ajv';
import { errorTable } from '../../app/errors.ts';
import type { FuzzRequest } from './fuzz-requests.ts';
import type { Answered } from './send-request.ts';

/** That they are schemas is tested elsewhere, and most are asked for a few times only: to tidy up their code would take longer than to run it. */
const ajv = new Ajv({
  strict: false,
  validateSchema: false,
  code: { optimize: false },
  formats: { binary: true, 'date-time': true },
});

/** What is wrong with an answer, in words; null: it is one of those that are described for its route and status. */
export function judgeAnswer(request: FuzzRequest, answer: Answered): string | null {
  if (answer.status >= 500) return `a failure of the service: ${answer.body}`;
  return request.operation === null ? judgeElsewhere(answer) : judgeDescribed(request, answer);
}

/** Nothing describes these: they are answered all the same, and refused by a problem document. */
function judgeElsewhere({ method, status, type, body }: Answered): string | null {
  if (status < 400 || method === 'HEAD') return null;
  if (type !== 'application/problem+json') return `a refusal as ${type}`;
  const { code } = JSON.parse(body) as { readonly code?: unknown };
  const known = typeof code === 'string' && Object.entries(errorTable).some(([name]) => name === code);
  return known ? null : `an unknown code: ${body}`;
}

function judgeDescribed(
  { operation }: FuzzRequest,
  { status, type, headers, body }: Answered,
): string | null {
  const described = operation?.answers[String(status)];
  if (described === undefined) return `a status that is not described: ${body}`;
  const missing = Object.keys(described.headers ?? {}).find(
    (name) => headers[name.toLowerCase()] === undefined,
  );
  if (missing !== undefined) return `an answer without ${missing}`;
  if (type === '') return body.length === 0 ? null : `a body without a type: ${body}`;
  const content = described.content?.[type];
  if (content === undefined) return `a type that is not described: ${type}`;
  if (!type.endsWith('json')) return null;
  if (ajv.validate(content.schema ?? {}, JSON.parse(body))) return null;
  return `outside of its schema: ${ajv.errorsText()}: ${body}`;
}
