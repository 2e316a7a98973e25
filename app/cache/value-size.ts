/** What an object costs beside its values: header, hidden class pointer, a slot per property. Near V8's own figures. */
const objectBytes = 24;
const slotBytes = 8;

/**
 * Freezes a value of plain JSON, so that no reader can change what the next one gets, and returns about how many bytes it
 * takes in memory.
 */
export function freezeAndEstimateBytes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return estimateBytes(value);
  let bytes = objectBytes;
  for (const part of Object.values(value)) bytes += slotBytes + freezeAndEstimateBytes(part);
  Object.freeze(value);
  return bytes;
}

/** The same for a value that is only looked at. */
export function estimateBytes(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length * 2;
  if (typeof value !== 'object' || value === null) return slotBytes;
  let bytes = objectBytes;
  for (const part of Object.values(value)) bytes += slotBytes + estimateBytes(part);
  return bytes;
}
