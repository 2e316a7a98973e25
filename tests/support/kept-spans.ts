import type { KeptSpan } from '../../cli/traces/span.ts';

/** A span of a test; what is not given is made up. */
export function keptSpan(given: Partial<KeptSpan> & { readonly spanId: string }): KeptSpan {
  return {
    traceId: 'a'.repeat(32),
    parentSpanId: null,
    name: given.spanId,
    kind: 'internal',
    startMs: 0,
    durationMs: 1,
    attributes: {},
    events: [],
    links: [],
    isError: false,
    errorMessage: '',
    service: 'darkroom',
    replica: 'r1',
    candidate: 'versioned',
    scope: 'darkroom',
    ...given,
  };
}
