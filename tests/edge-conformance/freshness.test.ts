import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findTestVarnish, untilStale } from '../support/edge-under-test.ts';
import { brief, fresh, startForFile } from './conformance-edge.ts';

const varnish = await findTestVarnish();
const at = startForFile(varnish);
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toUTCString();

async function isKept(headers: Record<string, string | string[]>): Promise<boolean> {
  const path = at.newPath();
  at.origin.plays(path, { headers });
  await at.edge.ask(path);
  await at.edge.ask(path);
  return at.origin.seen(path).length === 1;
}

describe('RFC 9111, sections 4.2 and 5: freshness and age', { skip: at.skip, concurrency: true }, () => {
  it('4.2.1: s-maxage comes before max-age, and max-age before Expires', async () => {
    assert.ok(await isKept({ 'cache-control': 's-maxage=600, max-age=0' }));
    assert.ok(!(await isKept({ 'cache-control': 's-maxage=0, max-age=600' })));
    assert.ok(await isKept({ 'cache-control': 'max-age=600', expires: inSeconds(-600) }));
    assert.ok(!(await isKept({ 'cache-control': 'max-age=0', expires: inSeconds(600) })));
    assert.ok(await isKept({ expires: inSeconds(600) }));
  });

  it('5.3: an Expires that is past, or is no date, has passed', async () => {
    for (const expires of [inSeconds(-1), '0', 'never', '']) assert.ok(!(await isKept({ expires })), expires);
  });

  it('4.2.3: what is old already when it comes has that much less time', async () => {
    // By the second before its end it might be over when it is asked for again.
    assert.ok(await isKept({ ...fresh, age: '540' }));
    assert.ok(!(await isKept({ ...fresh, age: '600' })));
    assert.ok(!(await isKept({ ...fresh, age: '100000' })));
  });

  it('5.1: what is reused says how old it is, counted from where it was made', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: { ...fresh, age: '100' } });
    await at.edge.ask(path);
    const age = Number((await at.edge.ask(path)).headers.age);
    assert.ok(age >= 100 && age < 200, String(age));
  });

  it('5.2: a lifetime in quotes, or one that is no number of seconds, is none', async () => {
    for (const said of [
      'extension="max-age=600", max-age=0',
      'max-age=0, extension="max-age=600"',
      'extension="a, max-age=600", max-age=0',
      'extension="a, max-age=600, b"',
      'extension="\\", max-age=600"',
      "max-age='600'",
      'max-age=-600',
      'max-age=a600',
    ])
      assert.ok(!(await isKept({ 'cache-control': said })), said);
    assert.ok(await isKept({ 'cache-control': 'max-age=600, extension="private, no-store"' }));
    assert.ok(!(await isKept({ 'cache-control': 'max-age=0, max-age="600"' })));
  });

  it('5.3 and 4.2.3: an Expires before the Date, and one that Age has used up, have passed', async () => {
    assert.ok(!(await isKept({ date: inSeconds(400), expires: inSeconds(300) })));
    assert.ok(!(await isKept({ date: inSeconds(-20), expires: inSeconds(20), age: '45' })));
    assert.ok(!(await isKept({ date: inSeconds(20), expires: inSeconds(40), age: '25' })));
    assert.ok(!(await isKept({ date: inSeconds(0), expires: inSeconds(0) })));
  });

  it('4.2: what has passed when it comes is not kept, whatever its status', async () => {
    for (const status of [203, 299, 301, 302, 307, 400, 404, 410, 499, 500, 503, 599]) {
      const path = at.newPath();
      at.origin.plays(path, { status, headers: { expires: inSeconds(-5_000) } });
      await at.edge.ask(path);
      await at.edge.ask(path);
      assert.equal(at.origin.seen(path).length, 2, String(status));
    }
  });

  it('5.1 and RFC 9110, 6.6.1: what is reused has the Date that it came with', async () => {
    const path = at.newPath();
    const date = inSeconds(-30);
    at.origin.plays(path, { headers: { ...fresh, date } });
    for (let times = 0; times < 2; times += 1) assert.equal((await at.edge.ask(path)).headers.date, date);
    assert.equal(at.origin.seen(path).length, 1);
  });

  it('1.2.2: a lifetime that is too large for a number is a long one', async () => {
    assert.ok(await isKept({ 'cache-control': 'max-age=99999999999' }));
  });

  it('4.2.4: past its lifetime nothing is reused but as it says itself', async () => {
    const validated = ['must-revalidate', 'proxy-revalidate', 's-maxage=1'].map(
      (said) => `${brief}, ${said}, stale-while-revalidate=60`,
    );
    await Promise.all([brief, ...validated].map((said) => wasAskedAgain({ 'cache-control': said })));
  });

  async function wasAskedAgain(headers: { readonly 'cache-control': string }): Promise<void> {
    const path = await at.askedPath(
      { headers: { ...headers }, body: 'old' },
      { headers: fresh, body: 'new' },
    );
    // It would say hit with a negative time to live if it were reused.
    await untilStale(at.edge, path);
    assert.equal((await at.edge.ask(path)).body, 'new', headers['cache-control']);
  }

  it('5.2.2.2: where the origin does not answer, what must be validated is not reused', async () => {
    const path = await at.askedPath(
      { headers: { 'cache-control': `${brief}, must-revalidate, stale-if-error=60` } },
      { isCut: true },
    );
    await untilStale(at.edge, path);
    const answer = await at.edge.ask(path);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers['cache-control'], 'private, no-store');
  });
});

describe('RFC 9213: what is said to the edge alone', { skip: at.skip, concurrency: true }, () => {
  const keeps = (said: string | string[], more: Record<string, string> = {}) =>
    isKept({ 'cdn-cache-control': said, ...more });

  it('comes before what is said to everybody', async () => {
    assert.ok(await keeps('max-age=600', { 'cache-control': 'no-store' }));
    assert.ok(await keeps('max-age=600', { expires: inSeconds(-600) }));
    for (const said of ['max-age=0', 'private', 'no-cache', 'no-store', 's-maxage=0, max-age=600', 'unknown'])
      assert.ok(!(await keeps(said, { ...fresh, expires: inSeconds(600) })), said);
  });

  it('is aged as all else', async () => {
    assert.ok(await keeps('max-age=600', { age: '590' }));
    assert.ok(!(await keeps('max-age=600', { age: '600' })));
    assert.ok(!(await keeps('max-age=600', { age: '7200' })));
  });

  it('may come in several fields, and knows quotes', async () => {
    assert.ok(!(await keeps(['max-age=600', 'no-store'], fresh)));
    assert.ok(!(await keeps('max-age="600"', fresh)));
    assert.ok(!(await keeps('max-age=0, x="max-age=600"', fresh)));
    assert.ok(await keeps('x="no-store", max-age=600'));
  });

  it('says nothing where it is not in the form that such fields have', async () => {
    for (const said of ['max-age=600, &&&&&', '"max-age=600"', 'MAX-AGE=600', ''])
      assert.ok(!(await keeps(said, { 'cache-control': 'no-store' })), said);
    assert.ok(await keeps('&&&&&', fresh));
  });

  it('goes no further', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: { 'cdn-cache-control': 'max-age=600' } });
    for (let times = 0; times < 2; times += 1)
      assert.equal((await at.edge.ask(path)).headers['cdn-cache-control'], undefined);
  });
});
