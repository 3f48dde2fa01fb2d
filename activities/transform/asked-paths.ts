/** All paths of a definition outside its columns: a member on one of them is known, though no column takes it. */
import type { EnvelopeSource, Path, TableDefinition } from '../../schemas/table';

export function askedPaths({ time, key, object, volatile, rawOnly, each, envelope }: TableDefinition): readonly Path[] {
  return [
    ...time.from,
    ...(key === null ? [] : [key.parts, ...(key.alternatives ?? [])].flat()),
    ...(object ?? []).flat(),
    ...volatile,
    ...(rawOnly ?? []),
    ...(each === undefined ? [] : [each.path]),
    ...Object.values(envelope).flatMap(sourcePaths),
  ];
}

function sourcePaths(source: EnvelopeSource): readonly Path[] {
  if ('from' in source) return source.from;
  if ('observables' in source) return source.observables.flatMap(({ from }) => from);
  if (!('cases' in source)) return [];
  return source.cases.flatMap(({ when, then }) => [...(when === undefined ? [] : [when.path]), ...sourcePaths(then)]);
}
