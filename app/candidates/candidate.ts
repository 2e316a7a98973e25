import type { AxisValue, ValuesOf } from '../contract/axis.ts';
import type { Systems } from '../contract/system.ts';
import type { systems } from '../systems.ts';

/** A value on every axis of some systems. */
export type CandidateOver<S extends Systems> = { readonly [Name in keyof S]: ValuesOf<S[Name]['axes']> };

/** A value on every axis: one configuration of the service that can be compared with others. */
export type Candidate = CandidateOver<typeof systems>;

/** A candidate for code that treats all systems alike. */
export type AnyCandidate = Readonly<Record<string, AnyValues>>;
export type AnyValues = Readonly<Record<string, AxisValue>>;
