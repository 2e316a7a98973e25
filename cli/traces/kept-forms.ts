import { Type } from 'typebox';
import { spanKinds } from './span.ts';

// The forms of what is kept of traces, for whoever reads it back: from a file of an earlier run, or from a running store.

const Attributes = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]));

const KeptSpanForm = Type.Object({
  traceId: Type.String(),
  spanId: Type.String(),
  parentSpanId: Type.Union([Type.String(), Type.Null()]),
  name: Type.String(),
  kind: Type.Enum([...spanKinds]),
  startMs: Type.Number(),
  durationMs: Type.Number(),
  attributes: Attributes,
  events: Type.Array(Type.Object({ name: Type.String(), atMs: Type.Number(), attributes: Attributes })),
  links: Type.Array(Type.Object({ traceId: Type.String(), spanId: Type.String() })),
  isError: Type.Boolean(),
  errorMessage: Type.String(),
  service: Type.String(),
  replica: Type.String(),
  candidate: Type.String(),
  scope: Type.String(),
});

export const SummariesForm = Type.Array(
  Type.Object({
    traceId: Type.String(),
    name: Type.String(),
    durationMs: Type.Number(),
    startMs: Type.Number(),
    candidate: Type.String(),
    replica: Type.String(),
    spans: Type.Integer(),
  }),
);

export const MatchForm = Type.Object({
  count: Type.Integer(),
  traceIds: Type.Array(Type.String()),
  spans: Type.Array(KeptSpanForm),
});

/** The file of a run: of each of its traces, the spans. */
export const TraceFileForm = Type.Array(Type.Array(KeptSpanForm));
