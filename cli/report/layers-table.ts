import { binarySize, percent } from '../../app/contract/figure-text.ts';
import type { LayerRow } from '../layers/layer-rows.ts';
import type { CandidateResult, CompareResult } from './compare-result.ts';
import { foldColumns } from './text-columns.ts';

const titles = [
  'candidate',
  'of',
  'layer',
  'asked',
  'answered',
  'hit %',
  'share %',
  'offload %',
  'stale %',
  'outdated %',
  'bytes',
  'memory',
  'per point',
];
const leftColumns = 3;

const lacking = '–';

const shareCell = (digits: number, share: number | null): string =>
  share === null ? lacking : percent(digits)(share);

const bytesCell = (bytes: number | null): string => (bytes === null ? lacking : binarySize(bytes));

/** A layer as cells of a table, without its candidate. */
export function cellsOfLayer(row: LayerRow): string[] {
  return [
    row.of,
    row.layer,
    String(row.asked),
    String(row.answered),
    shareCell(1, row.hitRatio),
    shareCell(1, row.share),
    shareCell(1, row.offload),
    shareCell(1, row.staleShare),
    shareCell(1, row.outdatedShare),
    bytesCell(row.bytes),
    bytesCell(row.memoryBytes),
    bytesCell(row.memoryBytesPerPoint),
  ];
}

/** Who answered, layer by layer; nothing where viewers have no browsers. */
export function renderLayers({ candidates }: Pick<CompareResult, 'candidates'>): string[] {
  const shown = candidates.filter(({ role, layers }) => role !== 'control' && layers.length > 0);
  if (shown.length === 0) return [];
  const rows = shown.flatMap(({ name, layers }: CandidateResult) =>
    layers.map((layer, index) => [index === 0 ? name : '', ...cellsOfLayer(layer)]),
  );
  return [
    'Who answered, layer by layer: images that viewers asked for, pages that an edge may keep, reads of the caches. Stale: past its lifetime; outdated: without a write that was acknowledged.',
    ...foldColumns([titles, ...rows], (column) => column < leftColumns),
  ];
}
