/** Short forms for column data. Everything they make is a plain `Column`; their types keep what `RowOf` makes the row's type of. */
import type { Column, ColumnType, Conversion, Mode, Path, Sensitivity } from '../../table';

interface Options {
  readonly sensitivity?: Sensitivity;
  readonly from?: readonly Path[];
  readonly as?: Conversion;
  readonly mode?: Mode;
}

/** A column whose name, type and mode are literal types, so that `RowOf` knows them. */
type Made<Name extends string, Type extends ColumnType, Given extends Options> = Omit<Column, 'name' | 'type' | 'mode' | 'fields'> & {
  readonly name: Name;
  readonly type: Type;
} & (Given extends { readonly mode: infer Its extends Mode } ? { readonly mode: Its } : unknown);

const scalar =
  <const Type extends ColumnType>(type: Type, conversion?: Conversion) =>
  <const Name extends string, const Given extends Options = object>(
    name: Name,
    description: string,
    options?: Given,
  ): Made<Name, Type, Given> => {
    const column: Column = {
      name,
      type,
      description,
      sensitivity: 'internal',
      ...(conversion === undefined ? {} : { as: conversion }),
      ...options,
    };
    return column as Made<Name, Type, Given>;
  };

export const text = scalar('STRING');
export const flag = scalar('BOOL');
export const float = scalar('FLOAT64');
/** A sub-tree without fixed members, or with members of several types. */
export const json = scalar('JSON');
/** Google writes 64-bit integers as strings and 32-bit ones as numbers; both are taken. */
export const integer = scalar('INT64', 'int64_text');
/** Google documents all its times as UTC (protobuf Timestamp in JSON: RFC 3339, 0 to 9 digits of a second, Z). */
export const instant = scalar('TIMESTAMP', 'rfc3339_utc');
/** The JSON text of a free-form member, in a STRING column named after it as a sink names it. */
export const jsonText = scalar('STRING', 'json_text');

export function record<const Name extends string, const Fields extends readonly Column[], const Given extends Options = object>(
  name: Name,
  description: string,
  fields: Fields,
  options?: Given,
): Made<Name, 'RECORD', Given> & { readonly fields: Fields } {
  const column: Column = { name, type: 'RECORD', description, sensitivity: 'internal', fields, ...options };
  return column as Made<Name, 'RECORD', Given> & { readonly fields: Fields };
}

export const repeated = { mode: 'REPEATED' } as const;
export const personal = { sensitivity: 'personal' } as const;

/** What a member in camelCase is called in snake_case. */
type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${SnakeCase<Rest>}`
    : `_${Lowercase<First>}${SnakeCase<Rest>}`
  : Name;

/** The column of a member that the vendor writes in camelCase: its name in snake_case, its value from there. */
export function camel<const Type extends ColumnType, const Member extends string, const Given extends Options = object>(
  make: (name: string, description: string, options?: Options) => Column & { readonly type: Type },
  member: Member,
  description: string,
  options?: Given,
): Made<SnakeCase<Member>, Type, Given> {
  return make(snakeCase(member), description, { from: [[member]], ...options }) as Made<SnakeCase<Member>, Type, Given>;
}

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
