/**
 * Reads tidemark.yaml: everything that is wrong with it is said at once, each with file, line and column, and what to
 * write. What the file does not say about Temporal comes from Temporal's own environment (variables and profile), so that
 * `tidemark` and `temporal` talk to the same server.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { type Config, configSchema } from '../activities/config';
import { findConnector } from '../activities/connectors/catalogue';
import { TidemarkError } from '../activities/errors';
import { crossCheck } from './config-check';
import { type ConfigDocument, type ConfigPath, type ConfigProblem, parseConfigDocument } from './config-document';
import { configMessage } from './config-messages';
import { type Environment, withTemporalEnvironment } from './temporal-environment';

export type { Environment };

export interface LoadedConfig {
  readonly config: Config;
  /** The folder relative secret files count from. */
  readonly baseDir: string;
  /** Absolute. */
  readonly path: string;
}

export const CONFIG_FILE_DEFAULT = 'tidemark.yaml';
const CONFIG_BYTES_MAX = 1024 * 1024;
/** A broken text can have a problem per character. */
const PROBLEMS_SHOWN_MAX = 100;

export interface LoadOptions {
  /** Where a relative path counts from, and where the default file is looked for. */
  readonly cwd: string;
  readonly env: Environment;
}

/** Throws CONFIG_NOT_FOUND, or CONFIG_INVALID whose message lists every problem. `path` is the file as the operator named it. */
export async function loadConfig(path: string | undefined, options: LoadOptions): Promise<LoadedConfig> {
  const name = path ?? CONFIG_FILE_DEFAULT;
  const absolute = resolve(options.cwd, name);
  const text = await readConfigText(name, absolute);
  const checked = checkConfig(text);
  if (!checked.ok) throw invalid(name, checked.problems);
  return { config: withTemporalEnvironment(checked.config, checked.given, options.env), baseDir: dirname(absolute), path: absolute };
}

function invalid(name: string, problems: readonly ConfigProblem[]): TidemarkError {
  const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`;
  const lines = problems
    .slice(0, PROBLEMS_SHOWN_MAX)
    .map(({ line, column, path, message }) => `${name}:${String(line)}:${String(column)}: ${path === '' ? '' : `${path}: `}${message}`);
  if (problems.length > PROBLEMS_SHOWN_MAX) lines.push(`and ${String(problems.length - PROBLEMS_SHOWN_MAX)} more`);
  return new TidemarkError('CONFIG_INVALID', [`${count} in ${name}`, ...lines].join('\n'), {
    context: { file: name, problems: problems.length },
  });
}

async function readConfigText(name: string, absolute: string): Promise<string> {
  const whole = (message: string): TidemarkError => invalid(name, [{ line: 1, column: 1, path: '', message }]);
  let file: FileHandle;
  try {
    file = await open(absolute, 'r');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new TidemarkError('CONFIG_NOT_FOUND', `there is no ${name}`, { context: { file: name } });
    throw whole(`cannot be opened (${String(code)}): make it readable to this user`);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw whole('is not a file: name the configuration file itself');
    if (stat.size > CONFIG_BYTES_MAX) throw whole('is larger than 1 MiB: this is not a configuration file');
    const bytes = await file.readFile();
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw whole('is not UTF-8 text: save it as UTF-8');
    }
  } finally {
    await file.close();
  }
}

export type CheckedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Keys the file gives in its `temporal` section. */
      readonly given: ReadonlySet<string>;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Checks a configuration text against every schema and every rule between sections. */
export function checkConfig(text: string): CheckedConfig {
  const document = parseConfigDocument(text);
  const problems = [...document.problems];
  const { value } = document;
  if (value === null || (value === undefined && problems.length === 0)) {
    return { ok: false, problems: [{ line: 1, column: 1, path: '', message: 'is empty: begin with the sections `lake:` and `sources:`' }] };
  }
  if (value === undefined) return { ok: false, problems };

  const parsed = configSchema.safeParse(value, { error: configMessage });
  if (!parsed.success) problems.push(...problemsOf(document, parsed.error.issues, []));
  problems.push(...connectorProblems(document, value), ...crossCheck(document, value));
  if (problems.length > 0 || !parsed.success) return { ok: false, problems: inOrder(problems) };
  return { ok: true, config: parsed.data, given: new Set(Object.keys(member(value, 'temporal') ?? {})) };
}

function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...unique.values()].sort((left, right) => left.line - right.line || left.column - right.column);
}

function member(value: unknown, name: string): object | undefined {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof found === 'object' && found !== null ? found : undefined;
}

/** The `config` section of each source, by its connector's own schema. */
function connectorProblems(document: ConfigDocument, value: unknown): ConfigProblem[] {
  const sources = member(value, 'sources');
  if (!Array.isArray(sources)) return [];
  return sources.flatMap((source: unknown, index) => {
    const id = typeof source === 'object' && source !== null ? (source as Record<string, unknown>)['connector'] : undefined;
    const connector = typeof id === 'string' ? findConnector(id) : undefined;
    if (connector === undefined) return [];
    const own = (source as Record<string, unknown>)['config'] ?? {};
    if (typeof own !== 'object' || Array.isArray(own)) return [];
    const parsed = connector.config.safeParse(own, { error: configMessage });
    return parsed.success ? [] : problemsOf(document, parsed.error.issues, ['sources', index, 'config']);
  });
}

function problemsOf(document: ConfigDocument, issues: readonly z.core.$ZodIssue[], prefix: ConfigPath): ConfigProblem[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)))];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => document.problemAt([...path, key], 'is not a known key: correct or remove it', 'key'));
    }
    if (issue.code === 'invalid_union') return unionProblems(document, issue, path);
    return [document.problemAt(path, issue.message)];
  });
}

/** Of a union, the branch that got furthest says what is wrong; when none got inside, the union as a whole does. */
function unionProblems(document: ConfigDocument, issue: z.core.$ZodIssueInvalidUnion, path: ConfigPath): ConfigProblem[] {
  const inside = issue.errors.filter((branch) => branch.some((inner) => inner.path.length > 0));
  const [nearest] = inside.sort((left, right) => depth(right) - depth(left) || left.length - right.length);
  const nested = nearest?.filter((inner) => inner.path.length > 0) ?? [];
  if (nested.length === 0 || depth(nested) < 2) return [document.problemAt(path, issue.message)];
  return problemsOf(document, nested, path);
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}
