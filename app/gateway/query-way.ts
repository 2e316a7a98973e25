import { DarkroomError } from '../errors.ts';
import { headers } from '../contract/headers.ts';
import type { QueryWay, WayReason } from './gateway-events.ts';
import type { GatewaySettings } from './system.ts';

/** What a query says of itself. */
export type Asked = {
  readonly consistency?: 'consistent' | 'eventual' | undefined;
  /** Undefined: it names none. */
  readonly caller: string | undefined;
};

export type ChosenWay = { readonly way: QueryWay; readonly reason: WayReason };

/** Says how a query is to be answered, as far as that follows from the candidate and from what it says. */
export function createWayChooser({
  gateway,
  callers,
}: Pick<GatewaySettings, 'gateway' | 'callers'>): (asked: Asked) => ChosenWay {
  if (gateway === 'leader' || gateway === 'off') return () => ({ way: 'leader', reason: 'axis' });
  const named: ReadonlySet<string | undefined> = new Set(callers === 'none' ? [] : callers.split('+'));
  return ({ consistency, caller }) => {
    if (callers !== 'all' && !named.has(caller)) return { way: 'leader', reason: 'caller' };
    return consistency === undefined
      ? { way: gateway, reason: 'axis' }
      : { way: consistency, reason: 'asked' };
  };
}

/** Throws INVALID_CALLER for what can be no name. One that is in no list is a name all the same. */
export function callerOf(given: string | readonly string[] | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(given)) return given;
  throw new DarkroomError(
    'INVALID_CALLER',
    `${headers.caller} takes one name of up to 64 letters, digits, points, hyphens and underscores.`,
  );
}
