'use strict';
Object.defineProperty(exports, '__esModule', { value: true });
exports.crossCheck = crossCheck;
/** Rules between sections of the configuration, which no schema of one value can hold. They read unchecked values. */
const catalogue_1 = require('../activities/connectors/catalogue');
const config_1 = require('../activities/config');
const asSection = (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {});
const asText = (value) => (typeof value === 'string' ? value : undefined);
/** Temporal's schedules fire at most once a second. */
const EVERY_MS_MIN = 1_000;
function crossCheck(document, value) {
  const root = asSection(value);
  const problems = [];
  const add = (path, message) => {
    problems.push(document.problemAt(path, message));
  };
  checkLake(asSection(root['lake']), add);
  checkTemporal(asSection(root['temporal']), add);
  const sources = root['sources'];
  if (Array.isArray(sources)) checkSources(sources.map(asSection), add);
  return problems;
}
function checkLake(lake, add) {
  const buckets = asSection(lake['buckets']);
  if (asText(buckets['state']) !== undefined && buckets['state'] === buckets['stage']) {
    add(
      ['lake', 'buckets', 'stage'],
      'is the state bucket too: name two buckets, since parts may be kept under retention and state must not',
    );
  }
  const names = { lake: 'lake', staging: 'staging', ops: 'ops', ...asSection(lake['datasets']) };
  const seen = new Map();
  for (const key of ['lake', 'staging', 'ops']) {
    const name = names[key];
    const first = seen.get(name);
    if (first !== undefined) add(['lake', 'datasets', key], `is the dataset of ${first} too: give each its own`);
    else seen.set(name, key);
  }
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
function checkTemporal(temporal, add) {
  const address = asText(temporal['address']);
  if (temporal['apiKey'] !== undefined && temporal['tls'] === false && !isLoopback(address)) {
    add(['temporal', 'tls'], 'is false while an API key is sent: write true');
  }
  if (address !== undefined && !/^(\[[0-9A-Fa-f:]+\]|[^\s:/]+):\d{1,5}$/.test(address)) {
    add(['temporal', 'address'], 'is not an address: write host:port, for example 127.0.0.1:7233');
  }
}
function isLoopback(address) {
  return address === undefined || /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):/.test(address);
}
function checkSources(sources, add) {
  const firstOf = new Map();
  for (const [index, source] of sources.entries()) {
    const id = asText(source['id']);
    const first = id === undefined ? undefined : firstOf.get(id);
    if (id !== undefined && first === undefined) firstOf.set(id, index);
    if (id !== undefined && first !== undefined)
      add(['sources', index, 'id'], `${id} is the id of sources[${String(first)}] too: ids are unique`);
    const everyMs = (0, config_1.parseDurationMs)(asText(source['every']) ?? '');
    if (everyMs !== undefined && everyMs < EVERY_MS_MIN) add(['sources', index, 'every'], 'is less than a second: write 1s or more');
    checkConnector(source, index, add);
  }
}
function checkConnector(source, index, add) {
  const id = asText(source['connector']);
  if (id === undefined) return;
  const connector = (0, catalogue_1.findConnector)(id);
  if (connector === undefined) {
    const known = catalogue_1.CONNECTORS.map((candidate) => candidate.id).join(', ');
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
//# sourceMappingURL=config-check.js.map
