/** Paths, conversions and envelope sources of a table definition in words, for the generated pages. */
import { EACH, type Condition, type Conversion, type EnvelopeSource, type Path, type Step } from '../../schemas/table';
import { cell, code, list } from './markdown';

function stepText(step: Step): string {
  if (step === EACH) return '[*]';
  if (typeof step === 'number') return `[${String(step)}]`;
  if (typeof step === 'object') return `[${step.where}=${JSON.stringify(step.is)}]`;
  return /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** A path as it would be written in JavaScript; `[*]` is every element, `[name="x"]` the element whose member `name` is `x`. */
export const pathText = (path: Path): string => path.map(stepText).join('').replace(/^\./, '');

export const pathsText = (paths: readonly Path[]): string => paths.map((path) => code(pathText(path))).join(' or ');

const valueText = (value: string | number | boolean): string => code(String(value));

const mapText = (map: Readonly<Record<string, string | number>>): string =>
  Object.entries(map)
    .map(([from, to]) => `${code(from)} → ${valueText(to)}`)
    .join(', ');

function conditionText(condition: Condition): string {
  const path = code(pathText(condition.path));
  if ('absent' in condition) return `${path} is absent`;
  if ('equals' in condition) return `${path} is ${condition.equals.map(valueText).join(' or ')}`;
  if ('prefix' in condition) return `${path} begins with ${condition.prefix.map(valueText).join(' or ')}`;
  return `${path} is present`;
}

const AS: Readonly<Record<'ip' | 'email' | 'lower', string>> = {
  ip: ', if it is an address',
  email: ', if it is an e-mail address',
  lower: ', in lower case',
};

/** Where an envelope column comes from, as the text of a cell. */
export function sourceText(source: EnvelopeSource): string {
  if ('constant' in source) return `always ${valueText(source.constant)}`;
  if ('derive' in source) return `derived: ${code(source.derive)}`;
  if ('observables' in source) return source.observables.map(({ type, from }) => `${type}: ${pathsText(from)}`).join('; ');
  if ('from' in source) {
    const map = source.map === undefined ? '' : `; ${mapText(source.map)}; else NULL`;
    return `${pathsText(source.from)}${source.as === undefined ? '' : AS[source.as]}${map}`;
  }
  return source.cases
    .map(({ when, then }) => (when === undefined ? `else ${caseText(then)}` : `if ${conditionText(when)}: ${caseText(then)}`))
    .join('; ');
}

const caseText = (source: EnvelopeSource): string =>
  'cases' in source ? `(${sourceText(source)})` : sourceText(source).replace(/^always /, '');

/** What a conversion does to the value, as the text of a cell; nothing for the ones that only change its type. */
export function conversionText(conversion: Conversion | undefined): string {
  if (typeof conversion !== 'object') return '';
  if ('local' in conversion) return `time in ${cell(conversion.local)}`;
  return mapText(conversion.enum);
}

/** `a, b and c` of paths. */
export const partsText = (parts: readonly Path[]): string => list(parts.map((part) => code(pathText(part))));
