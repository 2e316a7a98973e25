import { readFileSync } from 'node:fs';
import type { Static, TSchema } from 'typebox';
import { isOfForm } from '../../app/contract/json-form.ts';

/** What a file holds as JSON; null where it is not there, not whole, or of another form. */
export function readJsonFile<T extends TSchema>(file: string, form: T): Static<T> | null {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isOfForm(form, content) ? content : null;
  } catch {
    return null;
  }
}
