import { Ajv } from 'ajv';
import type { Static, TSchema } from 'typebox';

/** It keeps what it has compiled, by schema. Ours need not be checked themselves, which would compile the schema of all schemas first. */
const ajv = new Ajv({ strict: false, validateSchema: false });

/** Whether JSON from outside has a form. */
export function isOfForm<Form extends TSchema>(form: Form, json: unknown): json is Static<Form> {
  return ajv.validate(form, json);
}
