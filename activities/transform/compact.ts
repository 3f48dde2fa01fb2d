/** Removes white space between the tokens of valid JSON text, and nothing else. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export function compactJson(text: Buffer): Buffer {
  const out = Buffer.allocUnsafe(text.length);
  let to = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] as number;
    if (!inString && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) continue;
    out[to++] = byte;
    if (byte === QUOTE) inString = !inString;
    else if (byte === BACKSLASH && inString) out[to++] = text[++at] as number;
  }
  return out.subarray(0, to);
}
