import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig, settings } from './config.ts';
import { DarkroomError } from './errors.ts';

const least = { DATABASE_URL: 'postgres://somebody:s3cret@127.0.0.1/photos', DARKROOM_CANDIDATE: 'no-cache' };

/** The message of the refusal. */
function refusal(environment: NodeJS.ProcessEnv): string {
  try {
    readConfig(environment);
  } catch (error) {
    assert.ok(error instanceof DarkroomError);
    assert.equal(error.code, 'INVALID_CONFIG');
    return error.message;
  }
  return assert.fail(`accepted ${JSON.stringify(environment)}`);
}

describe('settings', () => {
  it('need only the database, and listen on loopback only', () => {
    const config = readConfig(least);
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.isLab, false);
    assert.equal(config.databaseUrl, least.DATABASE_URL);
  });

  it('are read from their variables', () => {
    const config = readConfig({
      ...least,
      DARKROOM_CANDIDATE: 'versioned:tiers=redis,ttl=5s',
      REDIS_URL: 'redis://127.0.0.1:1',
      DARKROOM_PORT: '0',
      DARKROOM_POOL_SIZE: '3',
      DARKROOM_LAB_MODE: '1',
      DARKROOM_LAB_TOKEN: 'x',
    });
    assert.equal(config.candidate.cache.ttlMs, 5_000);
    assert.deepEqual([config.port, config.poolSize, config.isLab, config.labToken], [0, 3, true, 'x']);
  });

  it('that are empty are not set', () => {
    assert.equal(readConfig({ ...least, DARKROOM_PORT: '' }).port, readConfig(least).port);
    assert.match(refusal({ ...least, DATABASE_URL: '' }), /^DATABASE_URL must be set/);
  });

  it('that are addresses may have blanks and line ends around them', () => {
    const config = readConfig({
      ...least,
      DATABASE_URL: ` ${least.DATABASE_URL}\r\n`,
      REDIS_URL: 'redis://a ',
    });
    assert.deepEqual([config.databaseUrl, config.redisUrl], [least.DATABASE_URL, 'redis://a']);
  });

  it('that are wrong are refused by name, with what they take', () => {
    const wrong: Record<string, string> = {
      DARKROOM_PORT: '65536',
      DARKROOM_METRICS_PORT: '-1',
      DARKROOM_LAB_PORT: '80.5',
      DARKROOM_POOL_SIZE: '0',
      DARKROOM_REQUESTS_PER_ADDRESS: '0',
      DARKROOM_SHED_ABOVE: '101',
      DARKROOM_LAB_MODE: 'yes',
      DARKROOM_LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://127.0.0.1/photos',
      REDIS_URL: 'http://127.0.0.1',
    };
    for (const [variable, value] of Object.entries(wrong)) {
      const message = refusal({ ...least, [variable]: value });
      assert.ok(message.startsWith(`${variable} takes `), message);
    }
  });

  it('never show an address, which may hold a password', () => {
    for (const variable of ['DATABASE_URL', 'REDIS_URL'])
      assert.doesNotMatch(refusal({ ...least, [variable]: 'ftp://me:s3cret@127.0.0.1' }), /s3cret/);
  });

  it('name the variable of a candidate that makes no sense, and keep the advice', () => {
    const message = refusal({ ...least, DARKROOM_CANDIDATE: 'cache-asid' });
    assert.match(message, /^DARKROOM_CANDIDATE: .*Did you mean "cache-aside"\?/);
  });

  it('need a Redis when the candidate does', () => {
    for (const candidate of ['cache-aside', 'versioned:tiers=redis', 'cache-aside:tiers=memory'])
      assert.match(refusal({ ...least, DARKROOM_CANDIDATE: candidate }), /^REDIS_URL must be set/);
    readConfig({ ...least, DARKROOM_CANDIDATE: 'cache-aside:tiers=memory,invalidation=ttl' });
  });

  it('allow lab mode on loopback only, and only with a token', () => {
    const lab = { ...least, DARKROOM_LAB_MODE: '1', DARKROOM_LAB_TOKEN: 'x' };
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      readConfig({ ...lab, DARKROOM_HOST: host });
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.0.0.1.example.org', '1127.0.0.1'])
      assert.match(refusal({ ...lab, DARKROOM_HOST: host }), /loopback DARKROOM_HOST/);
    assert.match(refusal({ ...lab, DARKROOM_LAB_TOKEN: '' }), /^DARKROOM_LAB_TOKEN must be set/);
    readConfig({ ...least, DARKROOM_HOST: '0.0.0.0' });
  });

  it('plant a slowdown in lab mode only', () => {
    const lab = { ...least, DARKROOM_LAB_MODE: '1', DARKROOM_LAB_TOKEN: 'x' };
    const planted = (text: string) => readConfig({ ...lab, DARKROOM_LAB_SLOWDOWN: text }).labSlowdown;
    assert.deepEqual(planted('every=1,by=10%'), { every: 1, by: 0.1 });
    assert.deepEqual(planted('every=10,by=400%'), { every: 10, by: 4 });
    assert.deepEqual(planted('every=3,by=2.5%'), { every: 3, by: 0.025 });
    assert.equal(planted('none'), 'none');
    assert.equal(readConfig(least).labSlowdown, 'none');
    for (const text of ['every=0,by=10%', 'every=1,by=10', 'every=1', 'by=10%,every=1', '10%'])
      assert.match(
        refusal({ ...lab, DARKROOM_LAB_SLOWDOWN: text }),
        /^DARKROOM_LAB_SLOWDOWN takes none, or /,
      );
    assert.match(refusal({ ...lab, DARKROOM_LAB_SLOWDOWN: 'every=1,by=10001%' }), /^DARKROOM_LAB_SLOWDOWN/);
    assert.match(refusal({ ...least, DARKROOM_LAB_SLOWDOWN: 'every=1,by=10%' }), /for lab mode only/);
  });

  it('each have a variable of their own, and a fallback that they take', () => {
    const variables = Object.values(settings).map(({ variable }) => variable);
    assert.equal(new Set(variables).size, variables.length);
    for (const { variable, fallback, parse } of Object.values(settings))
      if (fallback !== undefined) assert.notEqual(parse(fallback), null, variable);
  });
});
