/** Starts the service by hand: `node app/main.ts`. Settings come from the environment (`app/config.ts`). */
import './processes/service.ts';
