/** Sources of envelope columns that are data, as derivations. */
import type { Condition, EnvelopeSource, ObservableType, Path } from '../../schemas/table';
import type { Derivation, Observable, RecordView } from './derivation';
import { VALUE_DERIVATIONS } from './derivations';
import type { Handle } from './paths';
import { addressOf, domainOf, emailOf, hashOf, urlOf } from './values';

type Declare = (...path: Path) => Handle;
type Read = (record: RecordView) => string | number | undefined;

/** The value of a column by its source. Throws at once for a source that cannot be one value. */
export const mappedValue =
  (source: EnvelopeSource): Derivation<string | number> =>
  (declare) =>
    compile(source, declare);

function compile(source: EnvelopeSource, declare: Declare): Read {
  if ('constant' in source) return () => source.constant;
  if ('cases' in source) return compileCases(source.cases, declare);
  if ('from' in source) return compileFrom(source, declare);
  if ('observables' in source) throw new TypeError('observables are a source of that column only');
  const derivation = VALUE_DERIVATIONS[source.derive];
  if (derivation === undefined) throw new TypeError(`there is no derivation ${source.derive}`);
  return derivation(declare);
}

/** The first place whose text is a value of the kind that is asked for. */
function compileFrom({ from, as, map }: Extract<EnvelopeSource, { from: unknown }>, declare: Declare): Read {
  const handles = from.map((path) => declare(...path));
  const words = map === undefined ? undefined : new Map(Object.entries(map));
  return (record) => {
    for (const handle of handles) {
      const text = record.scalar(handle);
      if (text === undefined) continue;
      const value = as === undefined ? text : CONVERT[as](text);
      if (value !== undefined) return words === undefined ? value : words.get(value);
    }
    return undefined;
  };
}

const CONVERT = { ip: addressOf, email: emailOf, lower: (text: string): string => text.toLowerCase() } as const;

function compileCases(cases: Extract<EnvelopeSource, { cases: unknown }>['cases'], declare: Declare): Read {
  const compiled = cases.map(({ when, then }) => ({
    holds: when === undefined ? () => true : compileCondition(when, declare),
    read: compile(then, declare),
  }));
  return (record) => compiled.find(({ holds }) => holds(record))?.read(record);
}

function compileCondition(condition: Condition, declare: Declare): (record: RecordView) => boolean {
  const handle = declare(...condition.path);
  if ('absent' in condition) return (record) => !record.has(handle);
  if ('equals' in condition) {
    const texts = new Set(condition.equals.map(String));
    return (record) => texts.has(record.scalar(handle) ?? '');
  }
  if (!('prefix' in condition)) return (record) => record.has(handle);
  const { prefix } = condition;
  return (record) => {
    const text = record.scalar(handle);
    return text !== undefined && prefix.some((start) => text.startsWith(start));
  };
}

const OBSERVABLE: Readonly<Record<ObservableType, (text: string) => string | undefined>> = {
  ip: (text) => addressOf(text)?.toLowerCase(),
  domain: domainOf,
  url: urlOf,
  email: (text) => emailOf(text)?.toLowerCase(),
  hash: hashOf,
};

export const mappedObservables =
  (sources: readonly { readonly type: ObservableType; readonly from: readonly Path[] }[]): Derivation<readonly Observable[]> =>
  (declare) => {
    const places = sources.flatMap(({ type, from }) => from.map((path) => ({ type, handle: declare(...path) })));
    return (record) =>
      places.flatMap(({ type, handle }) =>
        record.scalars(handle).flatMap((text): Observable[] => {
          const value = OBSERVABLE[type](text);
          return value === undefined ? [] : [{ type, value }];
        }),
      );
  };
