import { Ajv } from 'ajv';
import type { Static, TSchema } from 'typebox';

/** It keeps what it has compiled, by schema. Ours need not be checked themselves, so that nobody needs the schema of all schemas. */
const ajv = new Ajv({ strict: false, validateSchema: false, meta: false });

/** Whether JSON from outside has a form. */
export function isOfForm<Form extends TSchema>(form: Form, json: unknown): json is Static<Form> {
  return ajv.validate(form, json);
}
