import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concernOf } from './refusals.ts';

describe('a refusal of PostgreSQL speaks', () => {
  const codes = {
    'of the server or the connection': ['server', '08006 08P01 26000 28000 28P01 3D000 53200 53300 55000'],
    'of the server, which is starting, stopping or broken': ['server', '57P01 57P02 57P03 57P05 58030'],
    'of all writes': ['writes', '25006 53100'],
    'of this moment': ['moment', '25P03 40001 40P01 42501 55P03 57014'],
    'of this moment, where one code is also used for the server': ['moment', '22023 2200H 54000'],
    'of the row': ['row', '22001 22003 22P02 23502 23503 23505 23514 23P01 44000'],
    'of something that nobody has thought about': [undefined, '42P01 42703 0A000 P0001 XX000 XX001 ZZ999'],
  } as const;
  for (const [name, [concern, list]] of Object.entries(codes))
    it(`${name}: ${list}`, () => {
      for (const code of list.split(' ')) assert.equal(concernOf(code), concern, code);
    });
});
