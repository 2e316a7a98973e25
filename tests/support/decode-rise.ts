import { readFileSync } from 'node:fs';
import { decodePhoto, inspectPhoto } from '../../app/photos/decode-photo.ts';

/** Run as a process of its own: decodes a file, and prints by how much the process grew and what was reckoned for it, in bytes. */
const [warmUp = '', file = ''] = process.argv.slice(2);
const edgeMaxPx = 1080;

const statusBytes = (name: string): number =>
  1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

await decodePhoto(readFileSync(warmUp), 'jpeg', edgeMaxPx);
const upload = readFileSync(file);
const startBytes = statusBytes('VmRSS');
const { format, decodeBytes } = await inspectPhoto(upload, Infinity);
await decodePhoto(upload, format, edgeMaxPx);
process.stdout.write(JSON.stringify({ rise: statusBytes('VmHWM') - startBytes, reckoned: decodeBytes }));
