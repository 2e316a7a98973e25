/**
 * The fields of one line (RFC 4180, without line ends inside quotes). Null: a quote is not closed, or stands where none may.
 */
export function splitFields(line: string, delimiter: string): string[] | null {
  if (!line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    const field = line[at] === '"' ? quotedField(line, at) : plainField(line, at, delimiter);
    if (field === null || (field.end < line.length && line[field.end] !== delimiter)) return null;
    fields.push(field.text);
    at = field.end + 1;
  }
  return fields;
}

type Field = { readonly text: string; readonly end: number };

function quotedField(line: string, start: number): Field | null {
  let text = '';
  let from = start + 1;
  for (;;) {
    const quote = line.indexOf('"', from);
    if (quote < 0) return null;
    text += line.slice(from, quote);
    if (line[quote + 1] !== '"') return { text, end: quote + 1 };
    text += '"';
    from = quote + 2;
  }
}

function plainField(line: string, start: number, delimiter: string): Field | null {
  const found = line.indexOf(delimiter, start);
  const end = found < 0 ? line.length : found;
  const text = line.slice(start, end);
  return text.includes('"') ? null : { text, end };
}
