import type { MixName } from './operation-mix.ts';
import type { PopulationSize } from './population-size.ts';

/** What decides every request: the people and photos that there are, and what is done with them. */
export type WorkloadSettings = PopulationSize & { readonly mix: MixName };
