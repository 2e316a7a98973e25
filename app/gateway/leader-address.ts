import { DarkroomError } from '../errors.ts';

/** Every address of a machine, as it is written to listen there: it names none under which others could ask. */
const everyAddress = /^[0.:]+$/;

export type LeaderAddressParts = {
  /** Where it listens. */
  readonly host: string;
  /** The host under which others reach it; empty where that is `host`. */
  readonly announcedHost: string;
};

/** The host that a leader tells gateways of. Throws INVALID_CONFIG where nobody could ask there. */
export function announcedHostOf({ host, announcedHost }: LeaderAddressParts): string {
  const found = announcedHost || host;
  if (!everyAddress.test(found) && URL.canParse(addressOf(found, 1))) return found;
  throw new DarkroomError(
    'INVALID_CONFIG',
    `DARKROOM_ANNOUNCED_HOST must be a name or an address under which gateways reach this process: it may lead, and "${found}" is none.`,
  );
}

/** The address of a host and a port. */
export const addressOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
