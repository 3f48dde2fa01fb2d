/**
 * Cloud Logging entries, whichever folder they lie in: which table each is for, and what each says, looked up in the entry itself.
 * Rule tests print names in lower case, leave the log's name out, or leave out all but what their rule looks at.
 */
import { isIP } from 'node:net';
import { itemsOf, type Sample, type SampleFile, type SampleFolder } from '../folder';

interface Json {
  readonly [name: string]: Json | string | number | boolean | null | undefined;
}

const TABLES: Readonly<Record<string, string>> = {
  'cloudaudit.googleapis.com%2Factivity': 'cloudaudit_googleapis_com_activity',
  'cloudaudit.googleapis.com%2Fdata_access': 'cloudaudit_googleapis_com_data_access',
  'cloudaudit.googleapis.com%2Fsystem_event': 'cloudaudit_googleapis_com_system_event',
  'cloudaudit.googleapis.com%2Fpolicy': 'cloudaudit_googleapis_com_policy',
  'compute.googleapis.com%2Ffirewall': 'compute_googleapis_com_firewall',
  'compute.googleapis.com%2Fnat_flows': 'compute_googleapis_com_nat_flows',
  'compute.googleapis.com%2Fvpc_flows': 'compute_googleapis_com_vpc_flows',
  'dns.googleapis.com%2Fdns_queries': 'dns_googleapis_com_dns_queries',
  requests: 'requests',
};

const parse = (item: Buffer): Json => JSON.parse(item.toString()) as Json;

/** A member in its own spelling or in lower case. */
const at = (entry: Json, ...names: readonly string[]): Json[string] =>
  names.reduce<Json[string]>(
    (value, name) => (typeof value === 'object' && value !== null ? (value[name] ?? value[name.toLowerCase()]) : undefined),
    entry,
  );
const textAt = (entry: Json, ...names: readonly string[]): string => {
  const value = at(entry, ...names);
  return typeof value === 'string' ? value : '';
};
const isAddress = (text: string): boolean => isIP(text) !== 0;

/**
 * The samples of one file. Applications' own logs (`syslog`, `testlog`) are no source of this lake and are left out. Where a rule test
 * left the log's name out, the entry is of the activity log: what the rules are about.
 */
function entriesOf(source: SampleFile): Sample[] {
  const file = source.name;
  return itemsOf(source).flatMap((item): Sample[] => {
    const entry = parse(item);
    const log = textAt(entry, 'logName').split('/').at(-1) ?? '';
    const table = log === '' ? 'cloudaudit_googleapis_com_activity' : TABLES[log];
    if (table === undefined) return [];
    if (entry['timestamp'] === undefined) return [{ file, table, item, reject: 'NO_EVENT_TIME' }];
    return [{ file, table, item, ...(table.startsWith('cloudaudit_') && !saysMethod(entry) ? { lacks: ['action'] } : {}) }];
  });
}

/** Sinks to BigQuery call the message by its type. */
const message = (entry: Json, ...names: readonly string[]): string =>
  textAt(entry, 'protoPayload', ...names) || textAt(entry, 'protopayload_auditlog', ...names);
const saysMethod = (entry: Json): boolean => message(entry, 'methodName') !== '';

/** Columns a row of the entry must have, because the entry says them. */
function expectedOf({ item }: Sample): string[] {
  const entry = parse(item);
  const payload = (...names: readonly string[]): string => textAt(entry, 'jsonPayload', ...names);
  const caller = message(entry, 'requestMetadata', 'callerIp') || message(entry, 'requestMetadata', 'callerIP');
  const principal = message(entry, 'authenticationInfo', 'principalEmail');
  const columns: [string, boolean][] = [
    ['outcome', typeof at(entry, 'protoPayload') === 'object' || at(entry, 'httpRequest', 'status') !== undefined],
    ['outcome', ['ALLOWED', 'DENIED'].includes(payload('disposition')) || payload('responseCode') !== ''],
    ['actor_id', principal !== '' || message(entry, 'authenticationInfo', 'principalSubject') !== ''],
    ['actor_email', /^[^@:]+@[^@:]+$/.test(principal)],
    ['user_agent', message(entry, 'requestMetadata', 'callerSuppliedUserAgent') !== '' || textAt(entry, 'httpRequest', 'userAgent') !== ''],
    [
      'target_id',
      message(entry, 'resourceName') !== '' || textAt(entry, 'httpRequest', 'requestUrl') !== '' || payload('queryName') !== '',
    ],
    ['src_ip', [caller, textAt(entry, 'httpRequest', 'remoteIp'), payload('connection', 'src_ip'), payload('sourceIP')].some(isAddress)],
    ['dst_ip', isAddress(payload('connection', 'dest_ip'))],
    ['dst_port', at(entry, 'jsonPayload', 'connection', 'dest_port') !== undefined],
    ['host_name', payload('vmInstanceName') !== '' || payload('instance', 'vm_name') !== '' || payload('endpoint', 'vm_name') !== ''],
    ['ocsf_activity_id', !('protoPayload' in entry) || saysMethod(entry)],
  ];
  return [...new Set(columns.filter(([, said]) => said).map(([name]) => name))];
}

/** A folder of entries. */
export const cloudLoggingFolder = (folder: string): SampleFolder => ({ folder, excluded: {}, read: entriesOf, expects: expectedOf });

/** Cloud Logging calls entries of one log with equal time and insertId one entry. */
export const entryIdentity = (entry: Readonly<Record<string, unknown>>): unknown => [
  entry['logName'] ?? entry['logname'],
  entry['timestamp'],
  entry['insertId'] ?? entry['insertid'],
];
