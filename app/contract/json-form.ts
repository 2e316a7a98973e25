import { Ajv } from 'ajv';
import type { XStatic } from 'typebox/schema';

/**
 * It keeps what it has compiled, by schema. Ours need not be checked by the schema of all schemas; that they use no word that is none,
 * and require nothing that they do not describe, it sees by itself.
 */
const ajv = new Ajv({ strict: true, strictRequired: true, validateSchema: false, meta: false });

/** Whether JSON from outside has a form. */
export function isOfForm<const Form extends object>(form: Form, json: unknown): json is XStatic<Form> {
  return ajv.validate(form, json);
}
