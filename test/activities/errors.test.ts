/** The registry, its page and the source hold the same codes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, ERRORS, isRetryable, TidemarkError, type ErrorCode, type ErrorKind } from '../../activities/errors';

const ROOT = join(__dirname, '..', '..');
const REGISTRY = 'activities/errors.ts';

const registry = Object.entries<ErrorKind>(ERRORS);
const codes = registry.map(([code]) => code);

const sources = ['activities', 'infra', 'schemas', 'worker', 'workflows']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.ts') && path !== REGISTRY)
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

/** Quoted words that begin as codes of the registry do; places in tables and comparisons count as well as throws. */
const prefixes = [...new Set(codes.map((code) => code.slice(0, code.indexOf('_'))))];
const quotedCode = new RegExp(`(['"\`])((?:${prefixes.join('|')})_[A-Z_]+)\\1`, 'g');
/** Variables of Temporal's own environment. */
const VARIABLE = /^TEMPORAL_(ADDRESS|NAMESPACE|API_KEY|PROFILE|CONFIG_FILE|TLS(_[A-Z_]+)?)$/;

const found = sources.flatMap(({ path, text }) =>
  [...text.matchAll(quotedCode)].map((match) => ({ path, code: match[2] ?? '' })).filter(({ code }) => !VARIABLE.test(code)),
);
const thrown = sources.flatMap(({ path, text }) =>
  [...text.matchAll(/new TidemarkError\(\s*(['"`])([^'"`]*)\1/g)].map((match) => ({ path, code: match[2] ?? '' })),
);

test('every code that the source throws, compares or lists is in the registry', () => {
  expect(thrown.length).toBeGreaterThan(10);
  expect([...thrown, ...found].filter(({ code }) => !Object.hasOwn(ERRORS, code))).toEqual([]);
});

test('every code of the registry is used', () => {
  const used = new Set(found.filter(({ path }) => /^(activities|infra|worker)\//.test(path)).map(({ code }) => code));
  expect(codes.filter((code) => !used.has(code))).toEqual([]);
});

test('docs/reference/errors.md has a row for every code, with what the registry says, and no other', () => {
  const page = readFileSync(join(ROOT, 'docs', 'reference', 'errors.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (yes|no) \| (yes|no) \| ([^|]*) \| (.*) \|$/gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual(
    registry.map(([code, { retryable, alert, fixer, hint }]) => [code, retryable ? 'yes' : 'no', alert ? 'yes' : 'no', fixer, hint]),
  );
});

test.each(registry)('%s: the hint is one or more whole sentences on one line', (_code, { hint }) => {
  expect(hint).toMatch(/^[A-Z][^\n]*[a-z0-9)`]\.$/);
  expect(hint).not.toMatch(/ {2}|\.\.$/);
});

test.each(registry)('%s: what nobody needs to act on is tried again, and alerts no one', (_code, { fixer, retryable, alert }) => {
  if (fixer === 'nobody: it passes') expect([retryable, alert]).toEqual([true, false]);
  else expect(retryable || fixer !== 'vendor').toBe(true);
});

test('a coded error carries its code, context, wait and hint; the cause is kept', () => {
  const cause = new Error('below');
  const error = new TidemarkError('SRC_RATE_LIMITED', 'The vendor answered 429.', { cause, context: { status: 429 }, retryAfterMs: 7_000 });
  const { name, code, message, context, retryAfterMs, hint } = error;
  expect({ name, code, message, context, retryAfterMs, cause: error.cause, hint }).toEqual({
    name: 'TidemarkError',
    code: 'SRC_RATE_LIMITED',
    message: 'The vendor answered 429.',
    context: { status: 429 },
    retryAfterMs: 7_000,
    cause,
    hint: ERRORS.SRC_RATE_LIMITED.hint,
  });
});

test.each<[unknown, ErrorCode | undefined, boolean]>([
  [new TidemarkError('UNIT_TAKEN', 'x'), 'UNIT_TAKEN', true],
  [new TidemarkError('LEDGER_LOST', 'x'), 'LEDGER_LOST', false],
  // Errors cross realms as plain objects.
  [{ code: 'LAKE_DENIED' }, 'LAKE_DENIED', false],
  [{ code: 'ECONNRESET' }, undefined, true],
  [{ code: 'toString' }, undefined, true],
  [{ code: 404 }, undefined, true],
  [new Error('UNIT_TAKEN'), undefined, true],
  [null, undefined, true],
  ['UNIT_TAKEN', undefined, true],
])('codeOf() and isRetryable() of %p decide on the code alone', (error, code, retryable) => {
  expect([codeOf(error), isRetryable(error)]).toEqual([code, retryable]);
});
