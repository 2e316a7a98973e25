import { tokenOfPerson } from '../driver/seeded-token.ts';
import type { World } from '../worlds/world.ts';

/** How many sessions a replica remembers at most. */
const peopleMax = 50_000;
/** How many tokens a process is given in one message. */
const tokensAtOnce = 1_000;

/**
 * Lets all replicas know everybody's session before anything is asked, as those do that have run for long. In
 * the rounds there would be a query more for the first request of each person whom the warm-up has not met,
 * at each replica. Where a replica cannot, that is reported, and the experiment goes on.
 */
export async function rememberSessions(
  worlds: readonly Pick<World, 'label' | 'rememberSessions'>[],
  { seed, people }: { readonly seed: number; readonly people: number },
  report: (text: string) => void,
): Promise<void> {
  const tokens = Array.from({ length: Math.min(people, peopleMax) }, (_, index) =>
    tokenOfPerson(seed, index + 1),
  );
  const rememberIn = async (world: (typeof worlds)[number]): Promise<void> => {
    try {
      for (let first = 0; first < tokens.length; first += tokensAtOnce)
        await world.rememberSessions(tokens.slice(first, first + tokensAtOnce));
    } catch {
      report(`${world.label} does not know all sessions beforehand: first requests cost it a query more.`);
    }
  };
  await Promise.all(worlds.map(rememberIn));
}
