/** Levels of arrays and objects within each other. No body that the service takes has more than three. */
export const jsonLevelsMax = 16;

const quote = 0x22;
const backslash = 0x5c;
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/** Whether a JSON text has more levels: looked at byte by byte before it is parsed, so that no parser ever recurses deeper. */
export function isDeeperThan(json: Uint8Array, levelsMax: number): boolean {
  let levels = 0;
  let isInText = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index] ?? 0;
    if (byte === quote) isInText = !isInText;
    else if (isInText) index += byte === backslash ? 1 : 0;
    else if (opening.has(byte)) levels += 1;
    else if (closing.has(byte)) levels -= 1;
    if (levels > levelsMax) return true;
  }
  return false;
}
