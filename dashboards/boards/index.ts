import type { Board } from '../board.ts';
import { cacheBoard } from './cache-board.ts';
import { compareBoard } from './compare-board.ts';
import { correctnessBoard } from './correctness-board.ts';
import { countersBoard } from './counters-board.ts';
import { edgeBoard } from './edge-board.ts';
import { feedsBoard } from './feeds-board.ts';
import { gatewayBoard } from './gateway-board.ts';
import { loadBoard } from './load-board.ts';
import { nodeBoard } from './node-board.ts';
import { serviceBoard } from './service-board.ts';
import { storesBoard } from './stores-board.ts';
import { telemetryBoard } from './telemetry-board.ts';

/** Every board, in the order in which one looks. */
export const boards: readonly Board[] = [
  serviceBoard,
  cacheBoard,
  correctnessBoard,
  feedsBoard,
  countersBoard,
  gatewayBoard,
  edgeBoard,
  storesBoard,
  nodeBoard,
  loadBoard,
  compareBoard,
  telemetryBoard,
];
