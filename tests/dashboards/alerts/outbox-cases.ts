import type { CaseSetting, CaseTable, Stretch } from './alert-case.ts';

const worker = (number: number): string =>
  `candidate="a",job="darkroom-process",instance="a-worker-${number}",kind="worker"`;

export function outboxCases({ stands, timing, window, forSteps }: CaseSetting): CaseTable {
  type Series = Readonly<Record<string, string>>;
  const oldest = (number: number, ...stretches: readonly Stretch[]): Series => ({
    [`darkroom_outbox_oldest_seconds{${worker(number)}}`]: stands(...stretches),
  });
  const dead = (...stretches: readonly Stretch[]): Series => ({
    [`darkroom_outbox_dead_letters{${worker(1)}}`]: stands(...stretches),
  });
  const up = (...stretches: readonly Stretch[]): Series => ({
    [`up{${worker(1)}}`]: stands(...stretches),
  });
  const late = timing.lagSeconds * 2;
  return {
    OutboxStuck: [
      ['the oldest has always waited for too long', oldest(1, [0, 20], [late, 80]), 60, true],
      ['all workers see that', { ...oldest(1, [late, 100]), ...oldest(2, [late, 100]) }, 60, true],
      ['it waits for nearly as long as it may', oldest(1, [timing.lagSeconds * 0.9, 100]), 60, false],
      [
        'it has not been so for long',
        oldest(1, [0, 40], [late, 60]),
        40 + Math.min(window, forSteps) - 1,
        false,
      ],
      ['now and then one waits for long', oldest(1, [late, 30], [0, 1], [late, 10], [0, 60]), 42, false],
      [
        'one worker has not looked since, and another sees none',
        { ...oldest(1, [late, 100]), ...oldest(2, [0, 100]) },
        60,
        false,
      ],
      ['none waits', oldest(1, [0, 100]), 60, false],
    ],
    OutboxDeadLetters: [
      ['one was given up', dead([0, 20], [1, 80]), 60, true],
      ['all were replayed', dead([3, 40], [0, 60]), 60, false],
      ['none was', dead([0, 100]), 60, false],
    ],
    FurtherProcessDown: [
      ['it does not answer', up([1, 20], [0, 80]), 60, true],
      ['it missed a scrape', up([1, 20], [0, 1], [1, 79]), 25, false],
      ['it is back', up([1, 20], [0, 20], [1, 60]), 45, false],
      ['it answers', up([1, 100]), 60, false],
    ],
  };
}
