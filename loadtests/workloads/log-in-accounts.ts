import { streams, uint32At } from './counter-random.ts';
import type { PopulationSize } from './population-size.ts';

/**
 * Accounts by which a load logs in. They belong to people of their own, with ids behind all others: a person
 * has at most twenty sessions, so that logging in again and again would end the older ones, by which the rest
 * of the load is sent.
 */
export const accountCount = 100;

/**
 * The two witnesses of feeds: their ids lie between those that a request may name and those of the accounts.
 */
const witnessCount = 2;

export const firstAccountId = ({ people }: Pick<PopulationSize, 'people'>): number =>
  people + witnessCount + 1;

/** One password for all, and what the service stores of it: the seeder need not hash, which takes 20 ms each time. */
export const accountPassword = 'the password of every account of a load';
export const accountPasswordHash =
  '$argon2id$v=19$m=19456,t=2,p=1$PJc+89rB3byvZf1bE4BwCg$AoNhwUl4ciQ/AKGudX2u78+tVezZSj6zVN5byukYxYQ';
export const wrongPassword = 'the password of nobody';

/**
 * The name contains the seed, so that a load finds no account in a database that was filled with another
 * seed.
 */
export function logInNameOf(seed: number, personId: number): string {
  return `seed${seed}.person${personId}`;
}

/** The account that a request logs in with; each is equally likely. */
export function accountOf(
  size: Pick<PopulationSize, 'people' | 'seed'>,
  pass: number,
  index: number,
): number {
  return firstAccountId(size) + (uint32At(size.seed, pass, streams.accounts, index) % accountCount);
}
