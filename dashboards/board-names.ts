/** The boards by their ids, in the order in which one looks: what links to them are called. */
export const boardNames = {
  'darkroom-service': 'service and objectives',
  'darkroom-cache': 'cache strategy',
  'darkroom-correctness': 'correctness',
  'darkroom-feeds': 'outbox and feeds',
  'darkroom-counters': 'counters',
  'darkroom-gateway': 'consistent gateway',
  'darkroom-edge': 'edge',
  'darkroom-stores': 'back ends',
  'darkroom-node': 'Node runtime',
  'darkroom-load': 'load run',
  'darkroom-compare': 'compare candidates',
  'darkroom-telemetry': 'telemetry health',
} as const;

export type BoardName = keyof typeof boardNames;

export function titleOf(uid: BoardName): string {
  return `Darkroom: ${boardNames[uid]}`;
}
