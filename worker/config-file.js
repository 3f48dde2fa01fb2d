'use strict';
Object.defineProperty(exports, '__esModule', { value: true });
exports.CONFIG_FILE_DEFAULT = void 0;
exports.loadConfig = loadConfig;
exports.checkConfig = checkConfig;
/**
 * Reads tidemark.yaml: everything that is wrong with it is said at once, each with file, line and column, and what to
 * write. What the file does not say about Temporal comes from Temporal's own environment (variables and profile), so that
 * `tidemark` and `temporal` talk to the same server.
 */
const promises_1 = require('node:fs/promises');
const node_path_1 = require('node:path');
const config_1 = require('../activities/config');
const catalogue_1 = require('../activities/connectors/catalogue');
const errors_1 = require('../activities/errors');
const config_check_1 = require('./config-check');
const config_document_1 = require('./config-document');
const config_messages_1 = require('./config-messages');
const temporal_environment_1 = require('./temporal-environment');
exports.CONFIG_FILE_DEFAULT = 'tidemark.yaml';
const CONFIG_BYTES_MAX = 1024 * 1024;
/** Throws CONFIG_NOT_FOUND, or CONFIG_INVALID whose message lists every problem. `path` is the file as the operator named it. */
async function loadConfig(path, options) {
  const name = path ?? exports.CONFIG_FILE_DEFAULT;
  const absolute = (0, node_path_1.resolve)(options.cwd, name);
  const text = await readConfigText(name, absolute);
  const checked = checkConfig(text);
  if (!checked.ok) throw invalid(name, checked.problems);
  return {
    config: (0, temporal_environment_1.withTemporalEnvironment)(checked.config, checked.given, options.env),
    baseDir: (0, node_path_1.dirname)(absolute),
    path: absolute,
  };
}
function invalid(name, problems) {
  const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`;
  const lines = problems.map(
    ({ line, column, path, message }) => `${name}:${String(line)}:${String(column)}: ${path === '' ? '' : `${path}: `}${message}`,
  );
  return new errors_1.TidemarkError('CONFIG_INVALID', [`${count} in ${name}`, ...lines].join('\n'), {
    context: { file: name, problems: problems.length },
  });
}
async function readConfigText(name, absolute) {
  const whole = (message) => invalid(name, [{ line: 1, column: 1, path: '', message }]);
  let file;
  try {
    file = await (0, promises_1.open)(absolute, 'r');
  } catch (error) {
    const code = error.code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new errors_1.TidemarkError('CONFIG_NOT_FOUND', `there is no ${name}`, { context: { file: name } });
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
/** Checks a configuration text against every schema and every rule between sections. */
function checkConfig(text) {
  const document = (0, config_document_1.parseConfigDocument)(text);
  const problems = [...document.problems];
  const { value } = document;
  if (value === null || (value === undefined && problems.length === 0)) {
    return { ok: false, problems: [{ line: 1, column: 1, path: '', message: 'is empty: begin with the sections `lake:` and `sources:`' }] };
  }
  if (value === undefined) return { ok: false, problems };
  const parsed = config_1.configSchema.safeParse(value, { error: config_messages_1.configMessage });
  if (!parsed.success) problems.push(...problemsOf(document, parsed.error.issues, []));
  problems.push(...connectorProblems(document, value), ...(0, config_check_1.crossCheck)(document, value));
  if (problems.length > 0 || !parsed.success) return { ok: false, problems: inOrder(problems) };
  return { ok: true, config: parsed.data, given: new Set(Object.keys(member(value, 'temporal') ?? {})) };
}
function inOrder(problems) {
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...unique.values()].sort((left, right) => left.line - right.line || left.column - right.column);
}
function member(value, name) {
  const found = typeof value === 'object' && value !== null ? value[name] : undefined;
  return typeof found === 'object' && found !== null ? found : undefined;
}
/** The `config` section of each source, by its connector's own schema. */
function connectorProblems(document, value) {
  const sources = member(value, 'sources');
  if (!Array.isArray(sources)) return [];
  return sources.flatMap((source, index) => {
    const id = typeof source === 'object' && source !== null ? source['connector'] : undefined;
    const connector = typeof id === 'string' ? (0, catalogue_1.findConnector)(id) : undefined;
    if (connector === undefined) return [];
    const own = source['config'] ?? {};
    if (typeof own !== 'object' || Array.isArray(own)) return [];
    const parsed = connector.config.safeParse(own, { error: config_messages_1.configMessage });
    return parsed.success ? [] : problemsOf(document, parsed.error.issues, ['sources', index, 'config']);
  });
}
function problemsOf(document, issues, prefix) {
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
function unionProblems(document, issue, path) {
  const inside = issue.errors.filter((branch) => branch.some((inner) => inner.path.length > 0));
  const [nearest] = inside.sort((left, right) => depth(right) - depth(left) || left.length - right.length);
  const nested = nearest?.filter((inner) => inner.path.length > 0) ?? [];
  if (nested.length === 0 || depth(nested) < 2) return [document.problemAt(path, issue.message)];
  return problemsOf(document, nested, path);
}
function depth(issues) {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}
//# sourceMappingURL=config-file.js.map
