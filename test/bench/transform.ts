/**
 * `npm run bench:transform [-- --rounds N]`: how many bytes of audit logs one core turns into parts. Decode, identify, redact,
 * project and gzip, as a fetch does it, over the same records again and again; no network and no storage. Beside it, in the
 * same run, a bare loop that parses, hashes, takes fifteen columns out, keeps the record's text and compresses: what Node does
 * in any case. Figures are CPU seconds of the whole process (compression runs on a thread of its own), medians over the rounds.
 *
 * Exits 1 when the transform is slower than 45 MB/s and slower than the bare loop, or memory grows from round to round.
 */
import { createHmac } from 'node:crypto';
import { Session } from 'node:inspector/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createRecords } from '../../activities/decode/records';
import { LineBuffer } from '../../activities/stage/line-buffer';
import { openPart } from '../../activities/stage/part-writer';
import { createRedaction } from '../../activities/transform/redact/redaction';
import { createTransform } from '../../activities/transform/create-transform';
import { findTable } from '../../schemas/tables';
import { memoryStore } from '../setup/memory-store';
import { entryOf } from '../vendors/logging/entry';
import { createTimeline, LATE_BANDS_S, logSource } from '../vendors/logging/timeline';

const TABLE = 'cloudaudit_googleapis_com_data_access';
const RECORDS = 20_000;
const PAGE_RECORDS = 1_000;
const CHUNK_BYTES = 64 * 1024;
const PART_BYTES_MAX = 8 * 1024 * 1024;
const NOW_MS = Date.parse('2026-03-11T00:00:00Z');
const GOAL_MB_PER_S = 45;
const GROWTH_BYTES_MAX = 40e6;

/** Bodies of answers as a client asks for them, without white space. */
function makePages(): { readonly bodies: readonly Buffer[]; readonly records: number; readonly bytes: number } {
  const startMinute = Date.parse('2026-03-10T08:00:00Z') / 60_000;
  const organization = '123456789012';
  const source = logSource(`organizations/${organization}`, 'data_access', RECORDS * 4);
  const lateness = { lateShare: 0, lateBandsS: LATE_BANDS_S };
  const timeline = createTimeline({ seed: 7, startMinute, endMinute: startMinute + 1_440, weekendFactor: 1, splitShare: 0, ...lateness });
  const texts: string[] = [];
  for (let minute = startMinute; texts.length < RECORDS; minute += 1) {
    for (const slot of timeline.slots(source, minute)) {
      texts.push(JSON.stringify(entryOf(slot, { organization, projects: ['acme-prod', 'acme-web', 'acme-data'] })));
    }
  }
  texts.length = RECORDS;
  const bodies: Buffer[] = [];
  for (let from = 0; from < RECORDS; from += PAGE_RECORDS) {
    bodies.push(Buffer.from(`{"entries":[${texts.slice(from, from + PAGE_RECORDS).join(',')}],"nextPageToken":"t${String(from)}"}`));
  }
  return { bodies, records: RECORDS, bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) };
}

async function* chunksOf(body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += CHUNK_BYTES) yield await Promise.resolve(body.subarray(at, at + CHUNK_BYTES));
}

const pageOf = (body: Buffer): AsyncIterable<readonly Buffer[]> =>
  createRecords().jsonArray({ status: 200, headers: {}, body: chunksOf(body) }, 'entries').items;

/** What a round does with the lines of a page; returns compressed bytes. */
interface Sink {
  page(lines: LineBuffer): Promise<void>;
  end(): Promise<number>;
}

function partSink(): Sink {
  const open = (): ReturnType<typeof openPart> =>
    openPart({ store: memoryStore(), folder: 'bench', kind: 'rows', table: TABLE, sequence: 0, attempt: 1 });
  let part = open();
  let bytes = 0;
  return {
    async page(lines) {
      await part.append(lines, []);
      if (part.bytes() < PART_BYTES_MAX) return;
      bytes += (await part.close()).bytes;
      part = open();
    },
    end: async () => bytes + (await part.close()).bytes,
  };
}

const noSink = (): Sink => ({ page: () => Promise.resolve(), end: () => Promise.resolve(0) });

type Round = (bodies: readonly Buffer[]) => Promise<number>;

function transformRound(detectors: boolean, newSink: () => Sink): Round {
  const redaction = createRedaction({ detectors: detectors ? 'all' : 'none', rules: [] });
  const settings = { connector: 'gcp.audit_logs', source: 'acme-audit', stream: 'data_access', tenant: 'acme' };
  const transform = createTransform({ ...settings, table: findTable(TABLE), identityKey: Buffer.alloc(32, 7), redaction });
  const lines = new LineBuffer();
  return async (bodies) => {
    const sink = newSink();
    const origin = {
      unit: 'acme-audit/data_access/u',
      object: 'v1/acme-audit/u/part.ndjson.gz',
      row: 0,
      fetchedAt: '2026-03-10T12:00:00.000Z',
    };
    for (const body of bodies) {
      lines.clear();
      for await (const batch of pageOf(body)) {
        for (const item of batch) {
          transform(item, origin, NOW_MS, (outcome) => {
            if (outcome.kind === 'reject') throw new Error(`a record was refused: ${outcome.reason}`);
            lines.add(outcome.line);
            origin.row += 1;
          });
        }
      }
      await sink.page(lines);
    }
    return await sink.end();
  };
}

async function decodeRound(bodies: readonly Buffer[]): Promise<number> {
  let bytes = 0;
  for (const body of bodies) for await (const batch of pageOf(body)) for (const item of batch) bytes += item.length;
  return bytes;
}

interface ParsedEntry {
  readonly [name: string]: unknown;
  readonly resource?: { readonly type?: string; readonly labels?: { readonly project_id?: string } };
  readonly protoPayload?: {
    readonly [name: string]: unknown;
    readonly authenticationInfo?: { readonly principalEmail?: string };
    readonly requestMetadata?: { readonly callerIp?: string; readonly callerSuppliedUserAgent?: string };
    readonly status?: { readonly code?: number };
    readonly authorizationInfo?: readonly { readonly permission?: string; readonly granted?: boolean }[];
  };
}

/** Fifteen columns, taken with property access from what JSON.parse made. */
function columnsOf(entry: ParsedEntry): Readonly<Record<string, unknown>> {
  const payload = entry.protoPayload;
  return {
    event_time: entry['timestamp'],
    insert_id: entry['insertId'],
    log_name: entry['logName'],
    severity: entry['severity'],
    resource_type: entry.resource?.type,
    project: entry.resource?.labels?.project_id,
    action: payload?.['methodName'],
    service: payload?.['serviceName'],
    target: payload?.['resourceName'],
    actor: payload?.authenticationInfo?.principalEmail,
    src_ip: payload?.requestMetadata?.callerIp,
    user_agent: payload?.requestMetadata?.callerSuppliedUserAgent,
    status: payload?.status?.code,
    permission: payload?.authorizationInfo?.[0]?.permission,
    granted: payload?.authorizationInfo?.[0]?.granted,
  };
}

/** What any program in Node pays: not our code, and no promise of ours is kept by it. */
function bareRound(): Round {
  const lines = new LineBuffer();
  const key = Buffer.alloc(32, 7);
  return async (bodies) => {
    const sink = partSink();
    for (const body of bodies) {
      lines.clear();
      for await (const batch of pageOf(body)) {
        for (const item of batch) {
          const text = item.toString('utf8');
          const columns = JSON.stringify(columnsOf(JSON.parse(text) as ParsedEntry));
          const hash = createHmac('sha256', key).update(item).digest('base64url');
          lines.add(Buffer.from(`${columns.slice(0, -1)},"event_key":"${hash}","raw":${text}}`));
        }
      }
      await sink.page(lines);
    }
    return await sink.end();
  };
}

interface Measured {
  readonly cpuS: number;
  /** CPU of the thread that runs JavaScript; the rest is compression and collection of garbage. */
  readonly mainS: number;
}

async function measure(round: Round, bodies: readonly Buffer[]): Promise<Measured> {
  const before = process.cpuUsage();
  const mainBefore = process.threadCpuUsage();
  await round(bodies);
  const used = process.cpuUsage(before);
  const main = process.threadCpuUsage(mainBefore);
  return { cpuS: (used.user + used.system) / 1e6, mainS: (main.user + main.system) / 1e6 };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Self time of the JavaScript thread by source file, from the sampling profiler of V8: file and share, largest first. */
async function profileOf(round: Round, bodies: readonly Buffer[]): Promise<readonly (readonly [file: string, share: number])[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  await round(bodies);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const fileOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame.url, callFrame.functionName)]));
  const micros = new Map<string, number>();
  profile.samples?.forEach((id, index) => {
    const file = fileOf.get(id) ?? '?';
    micros.set(file, (micros.get(file) ?? 0) + (profile.timeDeltas?.[index] ?? 0));
  });
  micros.delete('(idle)');
  const all = [...micros.values()].reduce((sum, value) => sum + value, 0);
  return [...micros].map(([file, value]) => [file, value / all] as const).sort((a, b) => b[1] - a[1]);
}

function nameOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'built-in functions';
  if (url.startsWith('node:')) return url;
  return path.relative(path.join(__dirname, '..', '..'), url.replace('file://', ''));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
  const rounds = Number(values.rounds);
  const { bodies, records, bytes } = makePages();
  const candidates: readonly (readonly [name: string, round: Round])[] = [
    ['decode', decodeRound],
    ['decode, identify, project', transformRound(false, noSink)],
    ['decode, identify, redact, project', transformRound(true, noSink)],
    ['decode, identify, redact, project, gzip', transformRound(true, partSink)],
    ['bare loop with gzip', bareRound()],
  ];
  for (const [, round] of candidates) await round(bodies);
  const measured = new Map<string, Measured[]>(candidates.map(([name]) => [name, []]));
  const memory: number[] = [];
  // In turns, so that what else the machine does falls on all alike.
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const [name, round] of candidates) measured.get(name)?.push(await measure(round, bodies));
    memory.push(process.memoryUsage.rss());
  }
  say(
    `${String(records)} audit log entries of ${(bytes / records).toFixed(0)} bytes, medians of ${String(rounds)} rounds, per CPU second:`,
  );
  const speed = new Map<string, number>();
  for (const [name, all] of measured) {
    const cpuS = median(all.map((one) => one.cpuS));
    speed.set(name, bytes / 1e6 / cpuS);
    const mainShare = median(all.map((one) => one.mainS / one.cpuS));
    say(
      `  ${name.padEnd(42)} ${(bytes / 1e6 / cpuS).toFixed(1).padStart(6)} MB/s ${(records / cpuS).toFixed(0).padStart(7)} records/s ` +
        `${((cpuS / records) * 1e6).toFixed(1).padStart(6)} µs each, ${(mainShare * 100).toFixed(0).padStart(3)} % on the JavaScript thread`,
    );
  }
  const ours = speed.get('decode, identify, redact, project, gzip') ?? 0;
  const bare = speed.get('bare loop with gzip') ?? 0;
  say(`  against the bare loop: ${(ours / bare).toFixed(2)}`);
  const growth = Math.max(...memory.slice(1)) - (memory[0] ?? 0);
  say(`Memory after each round: ${memory.map((value) => (value / 1e6).toFixed(0)).join(', ')} MB.`);
  say('\nWhere the JavaScript thread spends its time:');
  const [, whole = decodeRound] = candidates[3] ?? [];
  for (const [file, share] of (await profileOf(whole, bodies)).slice(0, 16)) say(`  ${(share * 100).toFixed(1).padStart(5)} %  ${file}`);
  if (ours < GOAL_MB_PER_S && ours < bare) say(`\nTOO SLOW: below ${String(GOAL_MB_PER_S)} MB/s and slower than the bare loop`);
  if (growth > GROWTH_BYTES_MAX) say(`\nMEMORY GROWS: ${(growth / 1e6).toFixed(0)} MB over the rounds`);
  return (ours < GOAL_MB_PER_S && ours < bare) || growth > GROWTH_BYTES_MAX ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
