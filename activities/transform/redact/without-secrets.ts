/** Detectors over one text. */
import type { Detector } from './detector';

/** The text with a placeholder for each secret; `found` is told the detector of each. */
export function withoutSecrets(text: string, detectors: readonly Detector[], found: (name: string) => void): string {
  let result = text;
  for (const detector of detectors) if (hasClue(text, detector)) result = without(result, detector, found);
  return result;
}

function hasClue(text: string, { clues }: Detector): boolean {
  return clues === 'digits' || clues.some((clue) => clue.anyCase === true || text.includes(clue.text));
}

function without(text: string, { name, pattern, verify }: Detector, found: (name: string) => void): string {
  return text.replace(pattern, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1);
    const secret = typeof groups === 'object' && groups !== null ? (groups as { readonly secret?: string }).secret : undefined;
    const part = secret ?? match;
    if (verify?.(part) === false) return match;
    found(name);
    const at = match.lastIndexOf(part);
    return `${match.slice(0, at)}[redacted:${name}]${match.slice(at + part.length)}`;
  });
}
