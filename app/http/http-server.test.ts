import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originForm } from './http-server.ts';

test('of a whole address the path and the query are asked for', () => {
  const targets = {
    '/photos/1?x=http://a/b': '/photos/1?x=http://a/b',
    'http://darkroom.example/photos/1?x=1': '/photos/1?x=1',
    'HTTP://[::1]:4000/photos/1': '/photos/1',
    'https://someone@darkroom.example/': '/',
    'http://darkroom.example': '/',
    'http://darkroom.example?x=1': '/?x=1',
    'http://darkroom.example//photos': '//photos',
    'http://a/http://b/c': '/http://b/c',
  };
  for (const [target, path] of Object.entries(targets)) assert.equal(originForm(target), path, target);
});

test('what is neither a path nor an address of HTTP stays as it is, and is found nowhere', () => {
  for (const target of ['*', 'ftp://darkroom.example/photos/1', 'photos/1', 'http:/photos'])
    assert.equal(originForm(target), target);
});
