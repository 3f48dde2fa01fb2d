/**
 * `npm run tidy`: the rules of this project's text that no linter knows. Each rule looks at one file and answers with
 * the lines that break it; test/infra/tidy.test.ts shows for each that it can fail.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

type Rule = (file: SourceFile) => readonly Omit<Finding, 'file'>[];

const TEXT_FILE = /\.(ts|mjs|js|json|md|ya?ml|sql|tf)$|(^|\/)(Dockerfile|run)$/;
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', '.git', '.local']);

/** Evidence kept as it came, or text that is not ours. */
const SKIPPED_FILES = /^(LICENSE|package-lock\.json|test\/fixtures\/|test\/histories\/)/;

const SOURCE_LINES_MAX = 320;
/** A table definition is one page of data. */
const TABLE_LINES_MAX = 400;
const TEST_LINES_MAX = 700;

const isCode = (path: string): boolean => /\.(ts|mjs|js)$/.test(path);
const isTest = (path: string): boolean => path.startsWith('test/');

/** A rule that refuses each line matching `pattern` in files that `applies` takes. */
function noLine(pattern: RegExp, message: string, applies: (path: string) => boolean): Rule {
  return ({ path, text }) =>
    applies(path) ? text.split('\n').flatMap((line, index) => (pattern.test(line) ? [{ line: index + 1, message }] : [])) : [];
}

const fileLength: Rule = ({ path, text }) => {
  const max = isTest(path) ? TEST_LINES_MAX : path.startsWith('schemas/tables/') ? TABLE_LINES_MAX : SOURCE_LINES_MAX;
  const lines = text.split('\n').length - 1;
  return isCode(path) && lines > max ? [{ line: max + 1, message: `${lines} lines: split files of more than ${max}` }] : [];
};

/** Test files are described by their tests' names; everything else says what it is for. */
const opensWithPurpose: Rule = ({ path, text }) => {
  if (!isCode(path) || path.endsWith('.test.ts')) return [];
  return /^(#!.*\n)?\/\*\*(\n| )[^]*?\*\/\n/.test(text)
    ? []
    : [{ line: 1, message: 'open the module with a comment: purpose and invariants' }];
};

const exactPins: Rule = ({ path, text }) => {
  if (path !== 'package.json') return [];
  return text.split('\n').flatMap((line, index) => {
    const version = /^ {4}"@?[a-z][^"]*": "([^"]*)",?$/.exec(line)?.[1];
    const isRange = version !== undefined && /^[~^><=*]|^\d+(\.\d+)?$|^latest$|\.x/.test(version);
    return isRange && !line.includes('"node": ">=') ? [{ line: index + 1, message: `pin an exact version, not ${version}` }] : [];
  });
};

/** RFC 2606 and RFC 6761 names, and hosts that vendors document: their APIs, their identities, their documentation. */
const HOSTS_ALLOWED = [
  /(^|\.)(example|test|invalid|localhost)$/,
  /(^|\.)example\.(com|net|org)$/,
  /(^|\.)(googleapis|gserviceaccount|google|googleusercontent)\.com$/,
  /(^|\.)(cloud\.google|docs\.temporal|github|w3|ietf|rfc-editor|schema\.ocsf|json-schema|terraform)\.(com|io|org)$/,
];

/** Documentation ranges (RFC 5737), and those that name no machine of anyone: private, loopback, link-local, unspecified. */
const ADDRESS_ALLOWED =
  /^(192\.0\.2|198\.51\.100|203\.0\.113|10\.\d+\.\d+|127\.\d+\.\d+|192\.168\.\d+|172\.(1[6-9]|2\d|3[01])\.\d+|169\.254\.\d+|0\.0\.0|255\.255\.255)\.\d+$/;

/** Browsers send their major version in this form. */
const BROWSER_VERSION = /^\d+\.0\.0\.0$/;

function namesIn(line: string): string[] {
  const hosts = [...line.matchAll(/(?:https?:\/\/|[\w.+-]@)([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})(?![\w-])/gi)].map(
    (match) => match[1] ?? '',
  );
  const addresses = [...line.matchAll(/(?<![\w.-])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.-]*\d)/g)].map((match) => match[1] ?? '');
  return [
    ...hosts.filter((host) => !HOSTS_ALLOWED.some((allowed) => allowed.test(host.toLowerCase()))),
    ...addresses.filter(
      (address) =>
        address.split('.').every((part) => Number(part) < 256) && !ADDRESS_ALLOWED.test(address) && !BROWSER_VERSION.test(address),
    ),
  ];
}

const reservedNames: Rule = ({ path, text }) =>
  isTest(path)
    ? text
        .split('\n')
        .flatMap((line, index) =>
          namesIn(line).map((name) => ({ line: index + 1, message: `${name} may belong to someone: use a reserved name` })),
        )
    : [];

const marker = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`);
const machinePath = new RegExp(`(?<![\\w.~}/-])/(${['ro' + 'ot', 'ho' + 'me', 'Us' + 'ers', 'wo' + 'rk'].join('|')})/[a-z.]`);
const belittling = new RegExp(
  `(^|[\\s(])(${['ju' + 'st', 'eas' + 'y', 'easi' + 'ly', 'simp' + 'ly', 'obvi' + 'ously'].join('|')})\\b`,
  'i',
);
const inComment = new RegExp(`^\\s*(//|/?\\*).*${belittling.source}`, 'i');

export const RULES: Readonly<Record<string, Rule>> = {
  marker: noLine(marker, 'open work belongs in the tracker, not in the text', () => true),
  fileLength,
  opensWithPurpose,
  exactPins,
  reservedNames,
  machinePath: noLine(machinePath, 'a path of one machine means nothing on another', () => true),
  belittling: noLine(belittling, 'what is easy for one is not for another: leave the word out', (path) => path.endsWith('.md')),
  belittlingComment: noLine(inComment, 'what is easy for one is not for another: leave the word out', isCode),
  environment: noLine(
    /\bprocess\.env\b/,
    'only worker/ and infra/ read the environment',
    (path) => path.endsWith('.ts') && !/^(worker|infra|test)\//.test(path),
  ),
  nodeInWorkflows: noLine(/(from|require\(|import\() ?'node:/, 'workflows run without Node', (path) => path.startsWith('workflows/')),
};

/** Everything the rules say about one file. */
export function findingsIn(file: SourceFile): readonly Finding[] {
  return Object.values(RULES).flatMap((rule) => rule(file).map((finding) => ({ file: file.path, ...finding })));
}

function* textFiles(root: string, folder: string): Generator<SourceFile> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) yield* textFiles(root, path);
    } else if (TEXT_FILE.test(entry.name) && !SKIPPED_FILES.test(path)) {
      yield { path, text: readFileSync(join(root, path), 'utf8') };
    }
  }
}

if (require.main === module) {
  const files = [...textFiles(process.cwd(), '')];
  const findings = files.flatMap(findingsIn);
  for (const { file, line, message } of findings) process.stdout.write(`${file}:${line}: ${message}\n`);
  if (findings.length > 0) process.exitCode = 1;
}
