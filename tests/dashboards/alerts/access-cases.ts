import { replica } from './alert-case.ts';
import type { CaseSetting, CaseTable, Stretch } from './alert-case.ts';

export function accessCases({ stands }: CaseSetting): CaseTable {
  type Series = Readonly<Record<string, string>>;
  const known = (...stretches: readonly Stretch[]): Series => ({
    [`darkroom_rights_known{${replica}}`]: stands(...stretches),
  });
  const other = {
    [`darkroom_rights_known{${replica.replace('r1', 'r2')}}`]: stands([1, 100]),
  };
  return {
    RightsUnknown: [
      ['it knows nothing any more', known([1, 20], [0, 80]), 60, true],
      ['another replica knows', { ...known([0, 100]), ...other }, 60, true],
      ['it comes and goes: of four it knows three', replicaOf('0 1 1 1 '.repeat(25)), 60, true],
      ['it was started anew', known([1, 40], [0, 1], [1, 59]), 45, false],
      ['it knows again', known([0, 40], [1, 60]), 60, false],
      ['it knows', known([1, 100]), 60, false],
    ],
  };
}

const replicaOf = (values: string) => ({ [`darkroom_rights_known{${replica}}`]: values.trim() });
