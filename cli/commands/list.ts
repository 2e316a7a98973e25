import { candidateParameters } from '../../app/cache/candidate-parameters.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { alignColumns } from '../report/table.ts';
import { oneOf } from '../one-of.ts';
import type { Terminal } from './terminal.ts';

function listStrategies() {
  return Object.values(strategies).map(({ name, summary, allows }) => ({
    name,
    summary,
    allows: [...allows],
  }));
}

function listParameters() {
  return Object.entries(candidateParameters).map(([name, { takes, meaning }]) => ({ name, takes, meaning }));
}

function listScenarios() {
  return Object.entries(scenarios).map(([name, { file, mix, summary }]) => ({ name, file, mix, summary }));
}

function printStrategies(terminal: Terminal): void {
  const rows = listStrategies().map(({ name, summary, allows }) => [
    name,
    summary,
    allows.length === 0 ? 'allows nothing' : `allows ${allows.join(', ')}`,
  ]);
  const parameters = listParameters().map(({ name, takes, meaning }) => [`  ${name}`, meaning, takes]);
  const lines = [
    ...alignColumns(rows, () => true),
    '',
    'Parameters, as in cache-aside:ttl=5s,tiers=redis',
    ...alignColumns(parameters, () => true),
  ];
  terminal.print(`${lines.join('\n')}\n`);
}

/** Prints what can be named on the command line. */
export function list(terminal: Terminal, what: string, { json = false }: { readonly json?: boolean }): void {
  const chosen = oneOf('list', what, ['strategies', 'scenarios']);
  if (json) {
    const content =
      chosen === 'strategies'
        ? { strategies: listStrategies(), parameters: listParameters() }
        : { scenarios: listScenarios() };
    terminal.print(`${JSON.stringify(content, null, 2)}\n`);
    return;
  }
  if (chosen === 'strategies') return printStrategies(terminal);
  const rows = listScenarios().map(({ name, summary, file }) => [name, summary, file]);
  terminal.print(`${alignColumns(rows, () => true).join('\n')}\n`);
}
