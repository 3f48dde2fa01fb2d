/** Containers of records, opened without touching what is in them: a parse and a print would change numbers. */
import { jsonArray } from '../../activities/decode/json-array';

/** The elements of the array member `name` of a JSON document, without whitespace. */
export async function elementsOf(document: string, name: string): Promise<readonly Buffer[]> {
  const elements: Buffer[] = [];
  for await (const batch of jsonArray(chunks(document), name).items) elements.push(...batch);
  return elements;
}

async function* chunks(text: string): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(text));
}

/** The exact text of the member `name` of a JSON object; undefined when it has none of that name. */
export function memberOf(object: string, name: string): Buffer | undefined {
  const label = JSON.stringify(name);
  let depth = 0;
  for (let at = 0; at < object.length; at += 1) {
    const character = object[at] as string;
    if (character === '"') {
      const end = endOfString(object, at);
      const colon = object.slice(end).search(/\S/) + end;
      if (depth === 1 && object.slice(at, end) === label && object[colon] === ':') return Buffer.from(valueAt(object, colon + 1));
      at = end - 1;
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
  }
  return undefined;
}

/** The place after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** The value that begins at or after `start`, up to the comma or bracket that ends it. */
function valueAt(text: string, start: number): string {
  let depth = 0;
  let at = start;
  for (; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (depth === 0 && (character === ',' || character === '}' || character === ']')) break;
    else if (character === '}' || character === ']') depth -= 1;
  }
  return text.slice(start, at).trim();
}
