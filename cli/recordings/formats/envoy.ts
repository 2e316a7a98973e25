import { accessLog } from '../foreign/access-log.ts';
import type { LogLine } from '../foreign/access-log.ts';

const quoted = (name: string): string => `"(?<${name}>[^"]*)"`;
/** Envoy writes quotes as they came. */
const withQuotes = '".*?"';
/**
 * The default format: begin, request line, status, flags, bytes received and sent, duration, and five quoted
 * texts, of which the first is the client and the fourth the host.
 */
const lineForm = new RegExp(
  String.raw`^\[(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)\] ${quoted('request')} (?<status>\d{1,3}) \S+ (?:\S+ )*?(?<received>\d+) (?<sent>\d+) (?<duration>\d+) (?:\S+) ${quoted('client')} ${withQuotes} "[^"]*" ${quoted('host')} "[^"]*"(?:\s|$)`,
);
const requestForm = /^(?<method>[A-Z]+) (?<target>\S+) \S+$/;

function parseLine(line: string): LogLine | 'skip' | null {
  const parts = lineForm.exec(line)?.groups;
  if (parts === undefined) return null;
  const timeUs = Date.parse(parts['time'] ?? '') * 1000;
  if (Number.isNaN(timeUs)) return null;
  const request = requestForm.exec(parts['request'] ?? '')?.groups;
  if (request === undefined) return 'skip';
  return {
    timeUs,
    method: request['method'] ?? '',
    target: `${parts['host']}${request['target']}`,
    status: Number(parts['status']),
    bytes: Number(parts['sent']),
    client: parts['client'] ?? '-',
  };
}

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage */
export const envoy = accessLog({
  name: 'envoy',
  summary: 'an access log of Envoy in its default format: requests in milliseconds, when they began',
  example:
    '[2025-10-10T13:55:36.310Z] "GET /photos/7 HTTP/2" 200 - 0 2326 12 11 "203.0.113.9" "agent" "id" "host" "10.0.0.1:80"',
  looksLike: (_, head) => lineForm.test(head.toString('utf8').split(/\r?\n/, 1)[0] ?? ''),
  parseLine,
  timesAre: 'begins',
});
