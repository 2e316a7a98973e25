/**
 * The schemas are our own: whether they are schemas is tested (`api-description.test.ts`), since to compile the schema of all schemas
 * takes twice as long as all of ours; so nobody needs it. Code that Ajv has not tidied up is compiled sooner and runs as fast.
 */
export const forOwnSchemas = { validateSchema: false, meta: false, code: { optimize: false } } as const;
