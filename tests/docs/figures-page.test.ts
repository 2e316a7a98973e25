import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { composeFiguresPage, figuresFile } from './figures-page.ts';

test('docs/figures.md is what the lists give', () => {
  assert.equal(readFileSync(figuresFile, 'utf8'), composeFiguresPage(), 'run: npm run docs');
});
