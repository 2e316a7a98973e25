import { readFileSync } from 'node:fs';
import type { XStatic } from 'typebox/schema';
import { isOfForm } from '../../app/contract/json-form.ts';

/** What a file holds as JSON; null where it is not there, not whole, or of another form. */
export function readJsonFile<const T extends object>(file: string, form: T): XStatic<T> | null {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isOfForm(form, content) ? content : null;
  } catch {
    return null;
  }
}
