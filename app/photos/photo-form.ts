import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { isOfForm } from '../contract/json-form.ts';
import { DarkroomError } from '../errors.ts';
import type { App } from '../http/route-parts.ts';
import { textMeans } from '../http/schemas.ts';
import { Caption, captionLengthMax } from './photo-schemas.ts';

/** A telephone's JPEG of 200 megapixels has 30 to 60 MB. */
export const uploadBytesMax = 64 * 1024 * 1024;
const limits = { fileSize: uploadBytesMax, files: 1, fields: 4, fieldSize: 16 * 1024, parts: 5 };

/** What a client is told when its form meets a limit of the parser, whose own messages do not name the limit. */
const limitDetails: Readonly<Record<string, string>> = {
  FST_FILES_LIMIT: `A form may have ${limits.files} file.`,
  FST_FIELDS_LIMIT: `A form may have ${limits.fields} fields.`,
  FST_PARTS_LIMIT: `A form may have ${limits.parts} parts.`,
};

export type Upload = { readonly bytes: Buffer; readonly caption: string };

/** The routes that are declared within read multipart forms; no other request pays for it. */
export function withPhotoForms(app: App, declareRoutes: (app: App) => void): void {
  void app.register(async (scope) => {
    await scope.register(multipart, { limits: { ...limits, headerPairs: 50 } });
    declareRoutes(scope as App);
  });
}

/** The one file and the optional caption of a multipart upload, in any order. */
export async function readPhotoForm(request: FastifyRequest): Promise<Upload> {
  try {
    return await readParts(request);
  } catch (error) {
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  const { code } = error as { readonly code?: string };
  if (code === 'FST_REQ_FILE_TOO_LARGE')
    return new DarkroomError(
      'BODY_TOO_LARGE',
      `The file is larger than the limit of ${uploadBytesMax} bytes.`,
    );
  const detail = limitDetails[code ?? ''];
  if (detail !== undefined) return new DarkroomError('INVALID_REQUEST', detail, { cause: error });
  // The form's parser has codes for its limits, and none for a form that breaks off or has no boundary.
  if (code !== undefined) return error;
  return new DarkroomError('INVALID_REQUEST', 'The form is not a whole multipart form.', { cause: error });
}

async function readParts(request: FastifyRequest): Promise<Upload> {
  let bytes: Buffer | undefined;
  let caption: unknown = '';
  for await (const part of request.parts()) {
    if (part.type === 'field') caption = part.fieldname === 'caption' ? part.value : caption;
    else {
      const upload = await part.toBuffer();
      if (part.fieldname === 'file') bytes = upload;
    }
  }
  if (bytes === undefined)
    throw new DarkroomError('INVALID_REQUEST', 'Send the photo as the multipart part "file".');
  requireCaption(caption);
  return { bytes, caption };
}

function requireCaption(caption: unknown): asserts caption is string {
  if (!isOfForm(Caption, caption))
    throw new DarkroomError(
      'INVALID_REQUEST',
      `A caption is a ${textMeans} of at most ${captionLengthMax} characters.`,
    );
  // The form's parser puts it in the place of bytes that are no UTF-8.
  if (caption.includes('\ufffd'))
    throw new DarkroomError('INVALID_REQUEST', 'The caption is not well-formed UTF-8, or holds U+FFFD.');
}
