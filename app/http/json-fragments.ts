/**
 * The JSON of values that the memory tier shares between its readers: made for the first of them, gone with the value. A
 * page is then joined from texts instead of being stringified again. `render` may read nothing that changes.
 */
export function rememberJson<Value extends object, Part>(
  render: (value: Value, part: Part) => unknown,
): (value: Value, part: Part) => string {
  const texts = new WeakMap<Value, string>();
  return (value, part) => {
    const known = texts.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(render(value, part));
    texts.set(value, text);
    return text;
  };
}

/** The content type of a text that is JSON already; Fastify sends such a text as it is. */
export const jsonType = 'application/json; charset=utf-8';

/** To the types, what is answered with such a text, whatever schema describes the answer. */
export type WrittenJson = { readonly type: 'string' };
