import type { RecordedRequest, RecordingMeta, RequestsSource } from '../recordings/recording.ts';

/** The requests of a recording that are to be sent, from its first on. */
export type RecordedLoad = {
  readonly meta: RecordingMeta;
  /** Whether another system was recorded, whose objects are none of ours. */
  readonly isForeign: boolean;
  readonly requests: readonly RecordedRequest[];
  /** The bound by which later requests were left out; null: there are no later ones. */
  readonly cutBy: keyof LoadBounds | null;
  /** Requests between them that are left out, since they took minutes; absent: none. */
  readonly late?: number;
};

export type LoadBounds = {
  readonly requestsMax: number;
  /** Of recorded time. */
  readonly secondsMax: number;
};

/** Reads what is to be replayed: bounded, since all of it is planned before anything is sent. */
export async function readLoad(
  source: RequestsSource,
  bounds: LoadBounds,
  signal?: AbortSignal,
): Promise<RecordedLoad> {
  const requests: RecordedRequest[] = [];
  let cutBy: RecordedLoad['cutBy'] = null;
  for await (const request of source.requests()) {
    const lastedUs = request.timeUs - (requests[0] ?? request).timeUs;
    signal?.throwIfAborted();
    if (requests.length === bounds.requestsMax) cutBy = 'requestsMax';
    if (lastedUs > bounds.secondsMax * 1e6) cutBy = 'secondsMax';
    if (cutBy !== null) break;
    requests.push(request);
  }
  return { meta: source.meta, isForeign: source.isForeign, requests, cutBy, late: source.late?.() ?? 0 };
}
