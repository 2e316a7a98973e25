import { memory } from './memory-tier.ts';
import { redis } from './redis-tier.ts';
import type { LocalTierDefinition, SharedTierDefinition, TierDefinition } from './tier.ts';

/** Every kind of tier. The choices of `tiers`, labels, `Cache-Status` and what a candidate needs derive from this list. */
export const tierKinds = { memory, redis } as const satisfies Readonly<Record<string, TierDefinition>>;

export type TierName = keyof typeof tierKinds;
export const tierNames = Object.keys(tierKinds) as TierName[];

/** Something of each kind of tier, by its name. */
export function ofEachTier<T>(of: (tier: TierName) => T): Readonly<Record<TierName, T>> {
  // It has a name for each kind, of which the type checker sees only that they are texts.
  return Object.fromEntries(tierNames.map((tier) => [tier, of(tier)])) as Record<TierName, T>;
}

type Kinds = typeof tierKinds;
export type TierKind = Kinds[TierName];
type NamesOf<D> = { [N in keyof Kinds]: Kinds[N] extends D ? N : never }[keyof Kinds];
type LocalName = NamesOf<LocalTierDefinition>;
type SharedName = NamesOf<SharedTierDefinition>;

/** What a candidate's `tiers` may be: one local tier at most, and one shared tier at most behind it. */
export type TierStackName = 'none' | LocalName | SharedName | `${LocalName}+${SharedName}`;

export type StackedTiers = {
  readonly local: LocalTierDefinition | null;
  readonly shared: SharedTierDefinition | null;
};

const kinds: readonly TierDefinition[] = Object.values(tierKinds);
const locals = [null, ...kinds.filter((kind) => !kind.isShared)];
const shareds = [null, ...kinds.filter((kind) => kind.isShared)];

/** By name. Stacks of one tier come before those of two, and the local ones first, as they are listed for people. */
const stacks: ReadonlyMap<string, StackedTiers> = new Map(
  shareds
    .flatMap((shared) => locals.map((local): StackedTiers => ({ local, shared })))
    .map((stack) => [nameOf(stack), stack]),
);

function nameOf({ local, shared }: StackedTiers): string {
  const names = [local, shared].flatMap((kind) => (kind === null ? [] : [kind.name]));
  return names.length === 0 ? 'none' : names.join('+');
}

export const tierStacks = [...stacks.keys()] as TierStackName[];

const noTiers: StackedTiers = { local: null, shared: null };

/** The tiers that a stack is made of; none where there is no such stack. */
export function tiersOf(stack: string): StackedTiers {
  return stacks.get(stack) ?? noTiers;
}

/** What people call them. */
export function tierNamesOf(stack: string): Readonly<Record<keyof StackedTiers, TierName | null>> {
  const { local, shared } = tiersOf(stack);
  const named = (kind: TierDefinition | null) => tierNames.find((name) => tierKinds[name] === kind) ?? null;
  return { local: named(local), shared: named(shared) };
}

/** The same names in the order in which the tiers are asked. */
export function tiersInOrder(stack: string): readonly TierName[] {
  const { local, shared } = tierNamesOf(stack);
  return [local, shared].filter((name) => name !== null);
}
