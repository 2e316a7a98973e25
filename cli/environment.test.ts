import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { readEnvironment } from './environment.ts';

const bare = { PATH: '/bin' };

test('an address may have been copied with blanks and line ends around it', () => {
  const { databaseUrl, redisUrl } = readEnvironment({
    DATABASE_URL: ' postgres://a@b/c \r\n',
    REDIS_URL: '\tredis://a ',
  });
  assert.deepEqual([databaseUrl, redisUrl], ['postgres://a@b/c', 'redis://a']);
  assert.equal(readEnvironment({ REDIS_URL: ' ' }).redisUrl, null);
});

test('children get what is listed, in one locale and time zone', () => {
  const { ofChildren } = readEnvironment({
    ...bare,
    HOME: '/srv/somebody',
    LC_ALL: 'xx_YY',
    TZ: 'Pacific/Apia',
    PGSSLMODE: 'require',
    NODE_OPTIONS: '--inspect',
    GOMAXPROCS: '1',
    K6_VUS: '1',
    HTTP_PROXY: 'http://127.0.0.1:9',
    LD_PRELOAD: '/nowhere.so',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    NODE_COMPILE_CACHE: '/compiled',
    'BASH_FUNC_a%%': '() { :; }',
  });
  const kept = { NODE_EXTRA_CA_CERTS: '/ca.pem', NODE_COMPILE_CACHE: '/compiled' };
  assert.deepEqual(ofChildren, { ...bare, LC_ALL: 'C', TZ: 'UTC', ...kept });
});

test('tools find the network and what their user has set for them, and nothing else', () => {
  const wanted = {
    ...bare,
    HOME: '/srv/somebody',
    https_proxy: 'http://proxy:1',
    NO_PROXY: 'here',
    PIP_INDEX_URL: 'https://a',
    npm_config_registry: 'https://b',
    GOPROXY: 'https://c',
  };
  const { ofTools } = readEnvironment({
    ...wanted,
    GOFLAGS: '-race',
    PYTHONPATH: '/a',
    GIT_DIR: '/b',
    LC_ALL: 'xx',
  });
  assert.deepEqual(ofTools, { ...wanted, LC_ALL: 'C', TZ: 'UTC' });
});

test('folders are the same for children, which work elsewhere', () => {
  const { cacheFolder, ofChildren } = readEnvironment({ DARKROOM_CACHE_DIR: 'cache', TMPDIR: 'tmp' });
  assert.equal(cacheFolder, resolve('cache'));
  assert.equal(ofChildren['TMPDIR'], resolve('tmp'));
});
