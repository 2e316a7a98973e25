import { panelLimits } from '../../../dashboards/board-limits.ts';
import type { PanelLimits } from '../../../dashboards/board-limits.ts';
import type { PublishedPanel } from './published-form.ts';

/** What a panel has room for. One that is there for each candidate shares its line with others of its kind. */
export function limitsOf({ gridPos, repeat, maxPerRow = 4 }: PublishedPanel): PanelLimits {
  const columns = repeat === undefined ? gridPos.w : gridPos.w / maxPerRow;
  return panelLimits[columns >= 24 ? 24 : columns >= 12 ? 12 : 8];
}
