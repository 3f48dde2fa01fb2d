/**
 * The words for what is wrong with a configuration: what stands there, and what to write instead. Values are never
 * quoted, since someone may have pasted a secret where a reference belongs.
 */
import type { z } from 'zod';

const DURATION_HINT = 'write a duration as a whole number and ms, s, m, h or d, for example 5m';
const SECRET_HINT = 'write where the secret is found: `env: NAME` or `file: path`, never the secret itself';

/** What to write for a key, by its last path segment, where the schema's type says too little. */
const HINT_OF_KEY: Readonly<Record<string, string>> = {
  every: DURATION_HINT,
  jobDeadline: DURATION_HINT,
  heartbeatTimeout: DURATION_HINT,
  fetchBudget: DURATION_HINT,
  tickBudget: DURATION_HINT,
  stickyTimeout: DURATION_HINT,
  identityKey: SECRET_HINT,
  apiKey: SECRET_HINT,
  bearer: SECRET_HINT,
  secret: SECRET_HINT,
  auth: 'write `application-default`, or `bearer:` with `env: NAME` or `file: path`',
  since: 'write a time such as 2026-01-31T00:00:00Z',
  bigquery: 'write an http or https URL',
  storage: 'write an http or https URL',
};

const WRITE_TYPE: Readonly<Record<string, string>> = {
  string: 'write text',
  number: 'write a number',
  int: 'write a whole number',
  boolean: 'write true or false',
  array: 'write a list',
  object: 'write a section of `key: value` lines',
  record: 'write a section of `key: value` lines',
};

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** The error map for every schema of ours; messages a schema brings itself go first. */
export function configMessage(issue: RawIssue): string {
  const hint = hintFor(issue);
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return `is missing: ${hint}`;
  switch (issue.code) {
    case 'invalid_type':
      return `is ${kindOf(issue.input)}: ${hint}`;
    case 'invalid_value':
      return `is not one of the possible values: ${hint}`;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return `is empty: ${hint}`;
      return `is ${issue.origin === 'string' ? 'too short' : 'too small'}: ${bound('at least', issue.minimum, issue.origin)}`;
    case 'too_big':
      return `is ${issue.origin === 'string' ? 'too long' : 'too large'}: ${bound('at most', issue.maximum, issue.origin)}`;
    case 'unrecognized_keys':
      return 'is not a known key: correct or remove it';
    default:
      return `cannot be used: ${hint}`;
  }
}

function hintFor(issue: RawIssue): string {
  const key = issue.path?.at(-1);
  const byKey = typeof key === 'string' ? HINT_OF_KEY[key] : undefined;
  if (byKey !== undefined && issue.code !== 'invalid_value') return byKey;
  if (issue.code === 'invalid_value') return `write one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_type') return WRITE_TYPE[issue.expected] ?? `write ${issue.expected}`;
  if (issue.code === 'too_small') return WRITE_TYPE[issue.origin] ?? 'write a value';
  return byKey ?? 'see docs/guides/configuration.md';
}

function bound(words: string, limit: number | bigint, origin: string): string {
  const what = origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
  return `${words} ${String(limit)}${what}`;
}

/** What stands there, without saying its value. */
export function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  return { string: 'text', number: 'a number', boolean: 'true or false', bigint: 'a number' }[typeof value as string] ?? typeof value;
}
