import type { CaseSetting, CaseTable, Stretch } from './alert-case.ts';

const edge = 'candidate="a",job="darkroom-process",instance="a-edge-1",kind="edge"';

export function edgeCases({ stands, grows }: CaseSetting): CaseTable {
  type Series = Readonly<Record<string, string>>;
  const up = (...stretches: readonly Stretch[]): Series => ({
    [`darkroom_edge_up{${edge}}`]: stands(...stretches),
  });
  /** So many evictions and requests in each step. */
  const evicts = (evictions: number, requests: number): Series => ({
    [`darkroom_edge_evictions_total{${edge}}`]: grows([evictions, 100]),
    [`darkroom_edge_requests_total{${edge},class="image",outcome="miss"}`]: grows([requests, 100]),
  });
  return {
    EdgeDown: [
      ['it does not come back', up([1, 20], [0, 80]), 60, true],
      ['it was started again at once', up([1, 20], [0, 1], [1, 79]), 25, false],
      ['it runs', up([1, 100]), 60, false],
    ],
    EdgeThrashes: [
      ['each miss evicts an object', evicts(10, 10), 60, true],
      ['three evictions for four requests', evicts(30, 40), 60, true],
      ['three for eight', evicts(30, 80), 60, false],
      ['nothing is evicted', evicts(0, 40), 60, false],
      ['nobody asks', evicts(0, 0), 60, false],
    ],
  };
}
