import { withText } from '../board.ts';
import type { Board } from '../board.ts';
import { titleOf } from '../board-names.ts';
import { postgresPanels } from '../panels/postgres-panels.ts';
import { redisPanels } from '../panels/redis-panels.ts';
import { storagePanels } from '../panels/storage-panels.ts';

export const storesBoard: Board = {
  uid: 'darkroom-stores',
  title: titleOf('darkroom-stores'),
  description: 'PostgreSQL and Redis: how the service sees them, and what they say of themselves.',
  rows: [
    { title: 'PostgreSQL, seen by the service', panels: storagePanels },
    {
      title: 'PostgreSQL, of itself',
      panels: withText('no exporter of PostgreSQL is scraped', postgresPanels),
    },
    { title: 'Redis', panels: withText('no candidate has a Redis whose exporter is scraped', redisPanels) },
  ],
};
