/**
 * A system that is as small as one can be: an axis, a process that each world of a candidate runs for it, and a figure that is 0 in
 * most rounds. What a developer would write for it, by the names of the files.
 */
export const toyFiles = {
  'app/toy/system.ts': `
import { choice } from '../contract/axis-kinds.ts';
import type { SystemDefinition } from '../contract/system.ts';

const axes = {
  toy: {
    field: 'toy',
    meaning: 'whether a toy is played with beside the service',
    fallback: 'off',
    matters: ['feed-browsing'],
    ...choice(['off', 'on']),
  },
} as const;

export const toySystem: SystemDefinition<typeof axes> = {
  name: 'toy',
  summary: 'what it costs to play',
  axes,
  refuses: () => null,
  redisUses: () => [],
  processes: ({ toy }) =>
    toy === 'on' ? [{ name: 'toy', entry: 'toy.ts', count: 1, takesLoad: false, isScraped: true }] : [],
  figures: [
    {
      name: 'toysBroken',
      meaning: 'toys that broke in a round',
      unit: 'toys',
      from: { counter: 'toys_broken_total' },
      per: null,
      scale: 'plain',
      better: 'less',
      margin: () => 0.5,
      write: (value) => value.toFixed(1),
      title: 'broken toys',
      table: 'costs',
    },
  ],
};
`,
  'app/processes/toy.ts': `
import { Counter } from 'prom-client';
import { runProcess } from '../process/run-process.ts';

/** Every eighth second one breaks. */
await runProcess('toy', ({ registry }) => {
  const broken = new Counter({ name: 'toys_broken_total', help: 'Toys that broke.', registers: [registry] });
  const timer = setInterval(() => broken.inc(), 8_000);
  return {
    http: null,
    close: async () => clearInterval(timer),
  };
});
`,
} as const;

/** The lines that make it known: where they go, below which line. */
export const toyLines = [
  {
    file: 'app/systems.ts',
    marker: 'import { cacheSystem }',
    line: "import { toySystem } from './toy/system.ts';",
  },
  { file: 'app/systems.ts', marker: 'cache: cacheSystem,', line: '  toy: toySystem,' },
] as const;
