import { accessLog } from '../foreign/access-log.ts';
import type { LogLine } from '../foreign/access-log.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Client, two names, time, request line, status, bytes: `combined`, `common` and what adds to them at the end. */
const lineForm =
  /^(?<client>\S+) \S+ .*?\[(?<time>[^\]]{20,30})\] "(?<request>(?:[^"\\]|\\.)*)" (?<status>\d{3}) (?<bytes>\d+|-)(?: |$)/;
const timeForm =
  /^(?<day>\d{2})\/(?<month>[A-Z][a-z]{2})\/(?<year>\d{4}):(?<clock>\d{2}:\d{2}:\d{2}) (?<zone>[+-]\d{2})(?<minutes>\d{2})$/;
const requestForm = /^(?<method>[A-Z]+) (?<target>\S+)(?: HTTP\/\d(?:\.\d)?)?$/;

/** `10/Oct/2000:13:55:36 -0700` in microseconds since 1970; NaN: it is no such time. */
function parseLocalTime(text: string): number {
  const parts = timeForm.exec(text)?.groups;
  if (parts === undefined) return Number.NaN;
  const month = months.indexOf(parts['month'] ?? '') + 1;
  const date = `${parts['year']}-${String(month).padStart(2, '0')}-${parts['day']}`;
  return Date.parse(`${date}T${parts['clock']}${parts['zone']}:${parts['minutes']}`) * 1000;
}

function parseLine(line: string): LogLine | 'skip' | null {
  const parts = lineForm.exec(line)?.groups;
  if (parts === undefined) return null;
  const timeUs = parseLocalTime(parts['time'] ?? '');
  if (Number.isNaN(timeUs)) return null;
  // What is no HTTP is logged too: scanners, and TLS at a plain port.
  const request = requestForm.exec(parts['request'] ?? '')?.groups;
  if (request === undefined) return 'skip';
  return {
    timeUs,
    method: request['method'] ?? '',
    target: request['target'] ?? '',
    status: Number(parts['status']),
    bytes: parts['bytes'] === '-' ? 0 : Number(parts['bytes']),
    client: parts['client'] ?? '-',
  };
}

/** https://nginx.org/en/docs/http/ngx_http_log_module.html */
export const nginx = accessLog({
  name: 'nginx',
  summary: 'an access log of nginx (combined, common, and what adds to them): requests in whole seconds',
  example: '203.0.113.9 - - [10/Oct/2025:13:55:36 +0000] "GET /photos/7 HTTP/1.1" 200 2326',
  looksLike: (_, head) => lineForm.test(head.toString('utf8').split(/\r?\n/, 1)[0] ?? ''),
  parseLine,
  timesAre: 'ends',
});
