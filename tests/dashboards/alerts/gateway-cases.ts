import type { CaseSetting, CaseTable, Stretch } from './alert-case.ts';

const of = (kind: 'gateway' | 'leader', number: number): string =>
  `candidate="a",job="darkroom-process",instance="a-${kind}-${number}",kind="${kind}"`;

export function gatewayCases({ stands, grows, window }: CaseSetting): CaseTable {
  type Series = Readonly<Record<string, string>>;
  const leads = (number: number, ...stretches: readonly Stretch[]): Series => ({
    [`darkroom_leader_is_leader{${of('leader', number)}}`]: stands(...stretches),
  });
  const whole = (number: number, ...stretches: readonly Stretch[]): Series => ({
    [`darkroom_gateway_synchronised{${of('gateway', number)}}`]: stands(...stretches),
  });
  /** Its scrape fails, and its series end with it. */
  const dies = (number: number, ...stretches: readonly Stretch[]): Series => ({
    [`darkroom_leader_is_leader{${of('leader', number)}}`]: `${stands(...stretches)} stale`,
  });
  const serves = (...stretches: readonly Stretch[]): Series => ({
    [`darkroom_gateway_refusals_total{${of('gateway', 1)},code="LEADER_LOST"}`]: grows(...stretches),
  });
  const cut = (...stretches: readonly Stretch[]): Series => ({
    [`darkroom_leader_gateways_cut_total{${of('leader', 1)}}`]: grows(...stretches),
  });
  /** So many queries a second within 50 ms, between 50 and 100 ms, and between 100 and 500 ms. */
  const waits = (fast: number, middling: number, slow: number): Series => {
    const bucket = (le: string): string =>
      `darkroom_gateway_sync_delay_seconds_bucket{${of('gateway', 1)},le="${le}"}`;
    return {
      [bucket('0.05')]: grows([fast, 100]),
      [bucket('0.1')]: grows([fast + middling, 100]),
      [bucket('0.5')]: grows([fast + middling + slow, 100]),
      [bucket('+Inf')]: grows([fast + middling + slow, 100]),
    };
  };
  return {
    GatewayWithoutLeader: [
      [
        'nobody leads',
        { ...serves([1, 100]), ...leads(1, [1, 20], [0, 80]), ...leads(2, [0, 100]) },
        60,
        true,
      ],
      ['the only leader has died', { ...serves([1, 100]), ...dies(1, [1, 20]) }, 60, true],
      ['there never was one, and nobody asks', serves([0, 100]), 60, true],
      [
        'another one has taken over',
        { ...serves([1, 100]), ...leads(1, [1, 20], [0, 80]), ...leads(2, [0, 22], [1, 78]) },
        60,
        false,
      ],
      ['one leads', { ...serves([1, 100]), ...leads(1, [1, 100]) }, 60, false],
      ['nobody asks through gateways', leads(1, [0, 100]), 60, false],
    ],
    GatewayNotSynchronised: [
      ['it does not come back', { ...leads(1, [1, 100]), ...whole(1, [1, 20], [0, 80]) }, 60, true],
      [
        'it does, and another one does not',
        { ...leads(1, [1, 100]), ...whole(1, [1, 100]), ...whole(2, [0, 100]) },
        60,
        true,
      ],
      [
        'it was away for a moment',
        { ...leads(1, [1, 100]), ...whole(1, [1, 20], [0, 1], [1, 79]) },
        25,
        false,
      ],
      ['nobody leads', { ...leads(1, [0, 100]), ...whole(1, [0, 100]) }, 60, false],
      ['all are', { ...leads(1, [1, 100]), ...whole(1, [1, 100]) }, 60, false],
    ],
    GatewaySyncDelayHigh: [
      ['one query in ten waits for long', waits(72, 0, 8), 60, true],
      ['a little more than one in a hundred waits a little too long', waits(1_024, 0, 12), 60, true],
      ['half of them wait for nearly as long as they may', waits(64, 64, 0), 60, false],
      ['one in a thousand waits for long', waits(1_023, 0, 1), 60, false],
      ['none does', waits(64, 0, 0), 60, false],
      ['nobody asks', waits(0, 0, 0), 60, false],
    ],
    GatewayCut: [
      ['one was cut', cut([0, 40], [1, 1], [0, 59]), 40 + Math.ceil(window / 2), true],
      ['none was', cut([0, 100]), 60, false],
    ],
  };
}
