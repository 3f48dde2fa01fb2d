/** Rules between sections of the configuration, which no schema of one value can hold. They read unchecked values. */
import { CONNECTORS, findConnector } from '../activities/connectors/catalogue';
import { parseDurationMs } from '../activities/config';
import { DETECTORS } from '../activities/transform/redact/detectors';
import { NAMED_SECRET } from '../activities/transform/redact/secret-names';
import { TABLES } from '../schemas/tables';
import type { ConfigDocument, ConfigPath, ConfigProblem } from './config-document';
import { IDENTITY_LABEL } from './keys';

type Section = Readonly<Record<string, unknown>>;

const asSection = (value: unknown): Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : {};
const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Temporal's schedules fire at most once a second. */
const EVERY_MS_MIN = 1_000;

export function crossCheck(document: ConfigDocument, value: unknown): ConfigProblem[] {
  const root = asSection(value);
  const problems: ConfigProblem[] = [];
  const add = (path: ConfigPath, message: string): void => {
    problems.push(document.problemAt(path, message));
  };
  checkLake(asSection(root['lake']), add);
  checkTemporal(asSection(root['temporal']), add);
  checkRedaction(asSection(root['redaction']), add);
  const sources = root['sources'];
  if (Array.isArray(sources)) checkSources(sources.map(asSection), add);
  return problems;
}

type Add = (path: ConfigPath, message: string) => void;

function checkLake(lake: Section, add: Add): void {
  const buckets = asSection(lake['buckets']);
  if (asText(buckets['state']) !== undefined && buckets['state'] === buckets['stage']) {
    add(
      ['lake', 'buckets', 'stage'],
      'is the state bucket too: name two buckets, since parts may be kept under retention and state must not',
    );
  }
  const names = { lake: 'lake', staging: 'staging', ops: 'ops', ...asSection(lake['datasets']) };
  const seen = new Map<unknown, string>();
  for (const key of ['lake', 'staging', 'ops'] as const) {
    const name: unknown = names[key];
    const first = seen.get(name);
    if (first !== undefined) add(['lake', 'datasets', key], `is the dataset of ${first} too: give each its own`);
    else seen.set(name, key);
  }
  checkLabels(asSection(lake['labels']), add);
  checkPolicyTags(lake, add);
  checkRetention(asSection(lake['retentionDays']), add);
  const endpoints = lake['endpoints'];
  if (lake['auth'] === 'none' && endpoints === undefined) {
    add(['lake', 'auth'], 'is none, which Google refuses: write application-default, or give lake.endpoints of local servers');
  }
  if (lake['auth'] === 'none') return;
  for (const [key, url] of Object.entries(asSection(endpoints))) {
    if (asText(url)?.startsWith('http://') === true) {
      add(['lake', 'endpoints', key], 'would get credentials over plain http: use https, or auth: none for local servers');
    }
  }
}

/** https://docs.cloud.google.com/bigquery/docs/labels-intro#requirements */
const LABEL_KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
/** A thing has 64 at most, and two are ours. */
const LABELS_MAX = 62;

function checkLabels(labels: Section, add: Add): void {
  if (Object.keys(labels).length > LABELS_MAX) add(['lake', 'labels'], `are more than ${String(LABELS_MAX)}: keep fewer`);
  for (const [key, value] of Object.entries(labels)) {
    const path = ['lake', 'labels', key];
    if (key === 'managed-by' || key === IDENTITY_LABEL) add(path, "is a label of tidemark's own: remove it");
    if (!LABEL_KEY.test(key))
      add(path, 'is not a label: write a lower-case letter, then lower-case letters, digits, dashes and underscores, 63 at most');
    if (typeof value === 'string' && !LABEL_VALUE.test(value))
      add(path, 'cannot be the value of a label: write lower-case letters, digits, dashes and underscores, 63 at most');
  }
}

function checkPolicyTags(lake: Section, add: Add): void {
  const location = (asText(lake['location']) ?? 'US').toLowerCase();
  for (const [key, tag] of Object.entries(asSection(lake['policyTags']))) {
    const found = /\/locations\/([^/]+)\//.exec(asText(tag) ?? '')?.[1];
    if (found !== undefined && found.toLowerCase() !== location)
      add(['lake', 'policyTags', key], `is of a taxonomy in ${found}: BigQuery takes those of the lake's own location, ${location}`);
  }
}

function checkRetention(retention: Section, add: Add): void {
  for (const name of Object.keys(retention)) {
    const table = TABLES.find((candidate) => candidate.name === name);
    if (table === undefined) add(['lake', 'retentionDays', name], 'is not a table of the lake: docs/reference/tables/ has them');
    else if (table.kind === 'state')
      add(['lake', 'retentionDays', name], 'is a table of states, whose latest observation may be the only one: remove it');
  }
}

function checkTemporal(temporal: Section, add: Add): void {
  const address = asText(temporal['address']);
  if (temporal['apiKey'] !== undefined && temporal['tls'] === false && !isLoopback(address)) {
    add(['temporal', 'tls'], 'is false while an API key is sent: write true');
  }
  if (address !== undefined && !/^(\[[0-9A-Fa-f:]+\]|[^\s:/]+):\d{1,5}$/.test(address)) {
    add(['temporal', 'address'], 'is not an address: write host:port, for example 127.0.0.1:7233');
  }
}

function checkRedaction(redaction: Section, add: Add): void {
  const detectors = [...new Set([...DETECTORS.map(({ name }) => name), NAMED_SECRET])];
  const { detectorsOff } = redaction;
  for (const [index, name] of (Array.isArray(detectorsOff) ? detectorsOff : []).entries()) {
    if (typeof name === 'string' && !detectors.includes(name))
      add(['redaction', 'detectorsOff', index], `is not a detector: write one of ${detectors.join(', ')}`);
  }
  for (const [name, rules] of Object.entries(asSection(redaction['tables']))) {
    const place = ['redaction', 'tables', name];
    const table = TABLES.find((candidate) => candidate.name === name);
    if (table === undefined) add(place, 'is not a table of the lake: docs/reference/tables/ has them');
    for (const [index, rule] of (Array.isArray(rules) ? rules.map(asSection) : []).entries()) {
      if (rule['method'] === 'pseudonym' && redaction['pseudonymKey'] === undefined)
        add([...place, index, 'method'], 'is pseudonym, which needs redaction.pseudonymKey: give it an id and a secret');
      const path = pathOf(rule['path']);
      if (table !== undefined && path !== undefined && table.time.from.some((time) => leadsTo(path, time)))
        add([...place, index, 'path'], "is where the event's time is read, which stays in event_time: remove the rule");
    }
  }
}

/** The steps of a rule's path as they stand in the file. */
function pathOf(path: unknown): readonly unknown[] | undefined {
  if (typeof path === 'string') return path.split('.');
  return Array.isArray(path) ? path : undefined;
}

/** Whether a rule takes the value at a path, or what holds it. */
const leadsTo = (rule: readonly unknown[], path: readonly unknown[]): boolean =>
  rule.length <= path.length && rule.every((step, index) => step === '*' || step === path[index]);

function isLoopback(address: string | undefined): boolean {
  return address === undefined || /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):/.test(address);
}

function checkSources(sources: readonly Section[], add: Add): void {
  const firstOf = new Map<string, number>();
  for (const [index, source] of sources.entries()) {
    const id = asText(source['id']);
    const first = id === undefined ? undefined : firstOf.get(id);
    if (id !== undefined && first === undefined) firstOf.set(id, index);
    if (id !== undefined && first !== undefined)
      add(['sources', index, 'id'], `${id} is the id of sources[${String(first)}] too: ids are unique`);
    const everyMs = parseDurationMs(asText(source['every']) ?? '');
    if (everyMs !== undefined && everyMs < EVERY_MS_MIN) add(['sources', index, 'every'], 'is less than a second: write 1s or more');
    checkConnector(source, index, add);
  }
}

function checkConnector(source: Section, index: number, add: Add): void {
  const id = asText(source['connector']);
  if (id === undefined) return;
  const connector = findConnector(id);
  if (connector === undefined) {
    const known = CONNECTORS.map((candidate) => candidate.id).join(', ');
    add(['sources', index, 'connector'], `${id} is not a connector: write one of ${known}`);
    return;
  }
  const { streams } = source;
  if (!Array.isArray(streams)) return;
  const known = connector.streams.map((stream) => stream.name);
  for (const [position, stream] of streams.entries()) {
    if (typeof stream !== 'string') continue;
    if (!known.includes(stream))
      add(['sources', index, 'streams', position], `${stream} is not a stream of ${id}: write one of ${known.join(', ')}`);
    if (streams.indexOf(stream) < position) add(['sources', index, 'streams', position], `${stream} is listed twice`);
  }
}
