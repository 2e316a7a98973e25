/**
 * The words of a line of MONITOR, which Redis quotes and escapes: `"set" "a\"b" "\x00"`. Null: they are not quoted as Redis does. What is
 * escaped counts as one character; its value is kept as it is written, since only its length and whether two are equal matter.
 */
export function parseRedisWords(text: string): string[] | null {
  const words: string[] = [];
  for (let from = 0; from < text.length;) {
    if (text[from] === ' ') from += 1;
    const end = text[from] === '"' ? closingQuote(text, from + 1) : null;
    if (end === null) return null;
    words.push(text.slice(from + 1, end));
    from = end + 1;
  }
  return words;
}

const [quote, backslash] = ['"'.charCodeAt(0), '\\'.charCodeAt(0)];

/** A loop: for each escape, a regular expression keeps where it could go back to, and a line may have millions of them. */
function closingQuote(text: string, from: number): number | null {
  for (let at = from; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === quote) return at;
    if (character === backslash) at += 1;
  }
  return null;
}

/** How many bytes a quoted word stands for. */
export function bytesOfWord(word: string): number {
  if (!word.includes('\\')) return Buffer.byteLength(word);
  return Buffer.byteLength(word.replace(/\\(?:x[0-9a-fA-F]{2}|.)/g, '.'));
}
