import { multipartForm, photoForm } from '../support/multipart-form.ts';
import type { FormPart } from '../support/multipart-form.ts';
import type { BaseImages } from './base-images.ts';

/** The body of a post, whatever is in it. */
export type HostileForm = {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

const boundary = 'odd';
const formType = `multipart/form-data; boundary=${boundary}`;
const raw = (name: string, body: string | Buffer, type = formType): HostileForm => ({
  name,
  headers: { 'content-type': type },
  body: Buffer.from(body),
});
const partHead = (disposition: string) => `--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n`;
const end = `\r\n--${boundary}--\r\n`;

/** Whole photos in forms that are spoilt. */
export function spoiltForms({ taken: { jpeg } }: BaseImages): readonly HostileForm[] {
  const file: FormPart = { name: 'file', value: jpeg, fileName: 'a.jpg' };
  const parts = (name: string, ...list: readonly FormPart[]): HostileForm => ({
    name,
    ...multipartForm(list),
  });
  const names = [
    '../../etc/passwd',
    'a\0.jpg',
    '',
    'x'.repeat(5_000),
    'CON',
    'a.jpg; rm -rf /',
    '%2e%2e%2f',
    '🙂.jpg',
  ];
  const types = ['image/svg+xml', 'text/html', 'application/x-php', 'image/png', '', 'x'.repeat(2_000)];
  const whole = photoForm(jpeg);
  return [
    ...names.map((fileName) => parts(`a file of the name ${fileName.slice(0, 20)}`, { ...file, fileName })),
    ...types.map((type) => parts(`a JPEG that is said to be ${type.slice(0, 20)}`, { ...file, type })),
    ...[0, 1, 20, 100, whole.body.length - 30, whole.body.length - 1].map((length) => ({
      name: `a form cut off after ${length} bytes`,
      headers: whole.headers,
      body: whole.body.subarray(0, length),
    })),
    parts('two files', file, { ...file, name: 'more' }),
    parts('the file as a text', { name: 'file', value: jpeg }),
    parts('a file as the caption', { ...file, name: 'caption' }),
    parts('a hundred fields', ...Array.from({ length: 100 }, () => ({ name: 'caption', value: 'x' })), file),
    parts('a caption of 1 MB', { name: 'caption', value: 'x'.repeat(1_000_000) }, file),
    parts('a caption that is no text', { name: 'caption', value: Buffer.from([0xff, 0xfe, 0]) }, file),
    parts(
      'names of an object’s own',
      { name: '__proto__', value: 'x' },
      { name: 'constructor', value: 'x' },
      file,
    ),
    raw('no boundary', whole.body, 'multipart/form-data'),
    raw('an empty boundary', whole.body, 'multipart/form-data; boundary='),
    raw('a boundary of 5,000 characters', whole.body, `multipart/form-data; boundary=${'b'.repeat(5_000)}`),
    raw('another boundary', whole.body, 'multipart/form-data; boundary=other'),
    raw(
      'a form within a form',
      `${partHead('form-data; name="file"; filename="a"')}${String(whole.body)}${end}`,
    ),
    raw('a part without a name', `${partHead('form-data; filename="a.jpg"')}x${end}`),
    raw('a part without a head', `--${boundary}\r\n\r\nx${end}`),
    raw('a part with 2,000 headers', `--${boundary}\r\n${'X: y\r\n'.repeat(2_000)}\r\nx${end}`),
    raw(
      'a header of 100 kB',
      `${partHead(`form-data; name="file"; filename="${'a'.repeat(100_000)}"`)}x${end}`,
    ),
    raw('a thousand empty parts', `${`--${boundary}\r\n\r\n\r\n`.repeat(1_000)}${end}`),
    raw('only line ends', '\r\n'.repeat(10_000)),
    raw('a form of another kind', whole.body, 'multipart/mixed; boundary=darkroom-test-boundary'),
    raw('a photo without a form', jpeg, 'image/jpeg'),
    raw('JSON in the place of a form', '{"file":"x"}', 'application/json'),
  ];
}
