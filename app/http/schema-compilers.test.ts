import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createSerializerCompiler,
  createValidatorCompiler,
  serializersAtFirstUse,
  validatorsAtFirstUse,
} from './schema-compilers.ts';

const route = { method: 'GET', url: '/' };
const schema = { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } };
const wrong = { type: 'integr' };

/** Counts what is compiled. */
function counted<Route, Compiled>(compile: (route: Route) => Compiled) {
  let times = 0;
  const counting = (asked: Route): Compiled => {
    times += 1;
    return compile(asked);
  };
  return { compile: counting, times: () => times };
}

describe('what checks requests', () => {
  it('is compiled when the first one comes, and once', () => {
    const { compile, times } = counted(createValidatorCompiler());
    const validate = validatorsAtFirstUse(compile)({ ...route, schema, httpPart: 'body' });
    assert.equal(times(), 0);
    for (let time = 0; time < 2; time += 1) assert.equal(validate({ a: 1 }), true);
    assert.equal(times(), 1);
  });

  it('says what is wrong, each time anew', () => {
    const validate = validatorsAtFirstUse(createValidatorCompiler())({ ...route, schema, httpPart: 'body' });
    const keywordsOf = (value: unknown) => {
      const result = validate(value);
      assert.ok(typeof result === 'object' && 'error' in result && Array.isArray(result.error));
      return result.error.map(({ keyword }) => keyword);
    };
    assert.deepEqual(keywordsOf({ a: 'one' }), ['type']);
    assert.equal(validate({ a: 1 }), true);
    assert.deepEqual(keywordsOf({}), ['required']);
  });

  it('makes numbers of texts where the part is text', () => {
    const validate = validatorsAtFirstUse(createValidatorCompiler())({
      ...route,
      schema,
      httpPart: 'params',
    });
    const params = { a: '1' };
    assert.equal(validate(params), true);
    assert.deepEqual(params, { a: 1 });
  });

  it('throws at a schema that is none, whenever it is asked', () => {
    const validate = validatorsAtFirstUse(createValidatorCompiler())({
      ...route,
      schema: wrong,
      httpPart: 'body',
    });
    for (let time = 0; time < 2; time += 1) assert.throws(() => validate(1), /type/);
  });
});

describe('what writes answers', () => {
  it('is compiled with the first one, and once for all routes that share a schema', () => {
    const { compile, times } = counted(createSerializerCompiler());
    const writers = [1, 2].map(() => serializersAtFirstUse(compile)({ ...route, schema }));
    assert.equal(times(), 0);
    for (const write of [...writers, ...writers]) assert.equal(write({ a: 1, b: 2 }), '{"a":1}');
    assert.equal(times(), 2);
    const eager = createSerializerCompiler();
    assert.equal(eager({ ...route, schema }), eager({ ...route, method: 'HEAD', schema }));
  });
});
