/** One part of a multipart form; with a file name it is a file. */
export type FormPart = {
  readonly name: string;
  readonly value: string | Buffer;
  readonly fileName?: string;
  readonly type?: string;
};

const boundary = 'darkroom-test-boundary';

/** A `multipart/form-data` body with its parts in this order, and the header that goes with it. */
export function multipartForm(parts: readonly FormPart[]): {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
} {
  const chunks = parts.flatMap(({ name, value, fileName, type = 'image/jpeg' }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: ${type}`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), typeof value === 'string' ? Buffer.from(value) : value, Buffer.from('\r\n')];
  });
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** The form of a post: one file, and a caption before it when there is one. */
export function photoForm(bytes: Buffer, caption?: string) {
  const file = { name: 'file', value: bytes, fileName: 'photo.jpg' };
  return multipartForm(caption === undefined ? [file] : [{ name: 'caption', value: caption }, file]);
}
