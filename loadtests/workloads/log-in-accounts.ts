import { streams, uint32At } from './counter-random.ts';
import type { PopulationSize } from './population-size.ts';

/**
 * Accounts by which a load logs in. They belong to people of their own, behind all others: a person has twenty sessions at most, so that
 * who logs in again and again ends the oldest ones, and the sessions that the rest of the load goes by are old.
 */
export const accountCount = 100;

/** Those between them and everybody whom a request may name: the two who watch feeds. */
const witnessCount = 2;

export const firstAccountId = ({ people }: Pick<PopulationSize, 'people'>): number =>
  people + witnessCount + 1;

/** One password for all, and what the service stores of it: the seeder need not hash, which takes 20 ms each time. */
export const accountPassword = 'the password of every account of a load';
export const accountPasswordHash =
  '$argon2id$v=19$m=19456,t=2,p=1$PJc+89rB3byvZf1bE4BwCg$AoNhwUl4ciQ/AKGudX2u78+tVezZSj6zVN5byukYxYQ';
export const wrongPassword = 'the password of nobody';

/** It says the seed, so that the accounts of a database that was filled with another one are not there. */
export function logInNameOf(seed: number, personId: number): string {
  return `seed${seed}.person${personId}`;
}

/** Who logs in by a request: each account as often. */
export function accountOf(
  size: Pick<PopulationSize, 'people' | 'seed'>,
  pass: number,
  index: number,
): number {
  return firstAccountId(size) + (uint32At(size.seed, pass, streams.accounts, index) % accountCount);
}
