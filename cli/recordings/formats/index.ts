import { csv } from './csv.ts';
import { envoy } from './envoy.ts';
import { nginx } from './nginx.ts';
import { oracleGeneral } from './oracle-general.ts';
import { parquet } from './parquet.ts';
import type { RecordingFormat } from '../recording-format.ts';
import { redisMonitor } from './redis-monitor.ts';

/** The formats that are read; a file is of the first one that it looks like. */
export const recordingFormats: readonly RecordingFormat[] = [
  parquet,
  oracleGeneral,
  csv,
  envoy,
  redisMonitor,
  nginx,
];
