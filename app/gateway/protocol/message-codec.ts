import type { GatewayMessage, StreamMessage } from './messages.ts';

/**
 * Messages as texts: a letter, numbers and a key, parted by spaces, and the JSON of a record as it is. As a text within JSON every quote of
 * it would be escaped and unescaped again. No message has a line break, so that several can be sent as lines.
 */
export function encodeStreamMessage(message: StreamMessage): string {
  switch (message.type) {
    case 'snapshot-begin':
      return `B ${message.epoch}`;
    case 'record':
      return `R ${message.version} ${message.key} ${message.json}`;
    case 'removed':
      return `X ${message.version} ${message.key}`;
    case 'snapshot-end':
      return `E ${message.epoch} ${message.at}`;
    case 'dummy':
      return `D ${message.at}`;
    case 'ack':
      return `A ${message.keepAlive} ${message.at}`;
  }
}

/** Null: it is none, and whoever sent it does not speak this protocol. */
export function decodeStreamMessage(text: string): StreamMessage | null {
  const [letter, number = '', ...rest] = headOf(text);
  const first = countIn(number);
  if (first === null) return null;
  const [second = ''] = rest;
  const at = countIn(second);
  switch (letter) {
    case 'R':
      return second === '' || rest[1] === undefined
        ? null
        : { type: 'record', key: second, version: first, json: rest[1] };
    case 'X':
      return second === '' ? null : { type: 'removed', key: second, version: first };
    case 'B':
      return { type: 'snapshot-begin', epoch: first };
    case 'E':
      return at === null ? null : { type: 'snapshot-end', epoch: first, at };
    case 'D':
      return { type: 'dummy', at: first };
    case 'A':
      return at === null ? null : { type: 'ack', keepAlive: first, at };
    default:
      return null;
  }
}

export function encodeGatewayMessage({ id }: GatewayMessage): string {
  return `K ${id}`;
}

export function decodeGatewayMessage(text: string): GatewayMessage | null {
  const id = text.startsWith('K ') ? countIn(text.slice(2)) : null;
  return id === null ? null : { type: 'keep-alive', id };
}

/** The parts before the third space, and what comes behind it as one. */
function headOf(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  while (parts.length < 3) {
    const to = text.indexOf(' ', from);
    if (to === -1) break;
    parts.push(text.slice(from, to));
    from = to + 1;
  }
  return [...parts, text.slice(from)];
}

/** The longest count that is exact as a number. */
const digitsMax = 15;

function countIn(text: string): number | null {
  return text.length <= digitsMax && /^\d+$/.test(text) ? Number(text) : null;
}
