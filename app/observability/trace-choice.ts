import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { telemetryModes, tracedShare } from '../contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../contract/telemetry-modes.ts';

/** Whether a request is traced, by its `traceparent` header. */
export type ChooseTraced = (traceparent: string | string[] | undefined) => boolean;

export type TraceChoiceOptions = {
  readonly mode: TelemetryModeName;
  /** In lab mode the caller says which requests are traced; from anybody else that would be a way to make work. */
  readonly isCallerBelieved: boolean;
  /** From 0 to 1, for requests that bring no trace. */
  readonly random: () => number;
};

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const form = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]([0-9a-f])/;

/**
 * Decides at the door: for the ninety-nine in a hundred that are not traced no span is made that would be thrown away, which
 * costs more than a read from memory.
 */
export function createTraceChoice({ mode, isCallerBelieved, random }: TraceChoiceOptions): ChooseTraced {
  if (telemetryModes[mode].traces === 'all') return () => true;
  const share = new TraceIdRatioBasedSampler(tracedShare);
  return (traceparent) => {
    const found = typeof traceparent === 'string' ? form.exec(traceparent) : null;
    if (found === null) return random() < tracedShare;
    const [, traceId = '', flags = '0'] = found;
    if (isCallerBelieved) return (Number.parseInt(flags, 16) & 1) === 1;
    return share.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  };
}
