import { spanKinds } from './span.ts';

// The forms of what is kept of traces, for whoever reads it back: from a file of an earlier run, or from a running store.

const Attributes = {
  type: 'object',
  patternProperties: { '^.*$': { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] } },
} as const;

const KeptSpanForm = {
  type: 'object',
  required: [
    'traceId',
    'spanId',
    'parentSpanId',
    'name',
    'kind',
    'startMs',
    'durationMs',
    'attributes',
    'events',
    'links',
    'isError',
    'errorMessage',
    'service',
    'replica',
    'candidate',
    'scope',
  ],
  properties: {
    traceId: { type: 'string' },
    spanId: { type: 'string' },
    parentSpanId: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    name: { type: 'string' },
    kind: { enum: [...spanKinds] },
    startMs: { type: 'number' },
    durationMs: { type: 'number' },
    attributes: Attributes,
    events: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'atMs', 'attributes'],
        properties: { name: { type: 'string' }, atMs: { type: 'number' }, attributes: Attributes },
      },
    },
    links: {
      type: 'array',
      items: {
        type: 'object',
        required: ['traceId', 'spanId'],
        properties: { traceId: { type: 'string' }, spanId: { type: 'string' } },
      },
    },
    isError: { type: 'boolean' },
    errorMessage: { type: 'string' },
    service: { type: 'string' },
    replica: { type: 'string' },
    candidate: { type: 'string' },
    scope: { type: 'string' },
  },
} as const;

export const SummariesForm = {
  type: 'array',
  items: {
    type: 'object',
    required: ['traceId', 'name', 'durationMs', 'startMs', 'candidate', 'replica', 'spans'],
    properties: {
      traceId: { type: 'string' },
      name: { type: 'string' },
      durationMs: { type: 'number' },
      startMs: { type: 'number' },
      candidate: { type: 'string' },
      replica: { type: 'string' },
      spans: { type: 'integer' },
    },
  },
} as const;

export const MatchForm = {
  type: 'object',
  required: ['count', 'traceIds', 'spans'],
  properties: {
    count: { type: 'integer' },
    traceIds: { type: 'array', items: { type: 'string' } },
    spans: { type: 'array', items: KeptSpanForm },
  },
} as const;

/** The file of a run: of each of its traces, the spans. */
export const TraceFileForm = { type: 'array', items: { type: 'array', items: KeptSpanForm } } as const;
