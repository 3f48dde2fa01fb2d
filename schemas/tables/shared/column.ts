/** Short forms for column data. Everything they make is a plain `Column`. */
import type { Column, Conversion, Mode, Path, Sensitivity } from '../../table';

interface Options {
  readonly sensitivity?: Sensitivity;
  readonly from?: readonly Path[];
  readonly as?: Conversion;
  readonly mode?: Mode;
}

const scalar =
  (type: Column['type'], conversion?: Conversion) =>
  (name: string, description: string, options: Options = {}): Column => ({
    name,
    type,
    description,
    sensitivity: 'internal',
    ...(conversion === undefined ? {} : { as: conversion }),
    ...options,
  });

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

export function record(name: string, description: string, fields: readonly Column[], options: Options = {}): Column {
  return { name, type: 'RECORD', description, sensitivity: 'internal', fields, ...options };
}

export const repeated = { mode: 'REPEATED' } as const;
export const personal = { sensitivity: 'personal' } as const;

/** The column of a member that the vendor writes in camelCase: its name in snake_case, its value from there. */
export function camel(
  make: (name: string, description: string, options?: Options) => Column,
  member: string,
  description: string,
  options: Options = {},
): Column {
  return make(snakeCase(member), description, { from: [[member]], ...options });
}

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
