/**
 * Judges a load job before it runs, by reading what it would load. Answers as the real service does: the job exists, is
 * DONE and carries `errorResult`; nothing of it reaches the table.
 *
 * Limits are those of the page "Quotas and limits" (load jobs). With `maxBadRecords` 0 the first bad row decides, so
 * reading stops there.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { get } from 'node:http';
import { resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { rowProblem, type Field } from './row';

export interface LoadConfiguration {
  readonly sourceUris?: readonly string[];
  readonly sourceFormat?: string;
  readonly ignoreUnknownValues?: boolean;
  readonly maxBadRecords?: number;
}

export interface ErrorProto {
  readonly reason: string;
  readonly message: string;
  readonly location?: string;
}

/** `errorResult` and `errors[]` of the job. */
export interface LoadRefusal {
  readonly errorResult: ErrorProto;
  readonly errors: readonly ErrorProto[];
}

/** Bytes of a `gs://` object, or undefined when there is none. */
export type OpenObject = (uri: string) => Promise<AsyncIterable<Buffer> | undefined>;

export interface LoadLimits {
  readonly urisMax: number;
  readonly rowBytesMax: number;
}

export const LOAD_LIMITS: LoadLimits = { urisMax: 10_000, rowBytesMax: 100 * 1024 * 1024 };

/** Undefined when BigQuery would take the load. `fields` undefined: neither the job nor the table has a schema. */
export async function loadRefusal(
  load: LoadConfiguration,
  fields: readonly Field[] | undefined,
  open: OpenObject,
  limits: LoadLimits = LOAD_LIMITS,
): Promise<LoadRefusal | undefined> {
  const uris = load.sourceUris ?? [];
  if (uris.length > limits.urisMax)
    return refusal({ reason: 'invalid', message: `Too many source URIs: ${uris.length}. Maximum allowed: ${limits.urisMax}` });
  if (fields === undefined) return refusal({ reason: 'invalid', message: 'No schema specified on job or table.' });
  let compressed: boolean | undefined;
  for (const uri of uris) {
    const bytes = await open(uri);
    if (bytes === undefined) return refusal({ reason: 'notFound', message: `Not found: URI ${uri}` });
    const source = await inflate(bytes);
    if (compressed !== undefined && source.compressed !== compressed) {
      return refusal({ reason: 'invalid', message: 'Compressed and uncompressed files cannot be loaded by one job.', location: uri });
    }
    compressed = source.compressed;
    const bad = await firstBadRow(source.content, fields, load.ignoreUnknownValues === true, limits.rowBytesMax);
    if (bad !== undefined) return badRow(uri, bad);
  }
  return undefined;
}

function refusal(error: ErrorProto, more: readonly ErrorProto[] = []): LoadRefusal {
  return { errorResult: error, errors: [error, ...more] };
}

interface BadRow {
  readonly rows: number;
  readonly position: number;
  readonly problem: string;
}

/** The words and order of a published answer of the service. */
function badRow(uri: string, bad: BadRow): LoadRefusal {
  const prefix = 'Error while reading data, error message: JSON';
  return refusal(
    {
      reason: 'invalid',
      message: `${prefix} table encountered too many errors, giving up. Rows: ${bad.rows}; errors: 1. Please look into the errors[] collection for more details.`,
      location: uri,
    },
    [
      {
        reason: 'invalid',
        message: `${prefix} processing encountered too many errors, giving up. Rows: ${bad.rows}; errors: 1; max bad: 0; error percent: 0`,
      },
      { reason: 'invalid', message: `${prefix} parsing error in row starting at position ${bad.position}: ${bad.problem}`, location: uri },
    ],
  );
}

/** Told by the first two bytes, not by the name. */
async function inflate(bytes: AsyncIterable<Buffer>): Promise<{ compressed: boolean; content: AsyncIterable<Buffer> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let size = 0;
  while (size < 2) {
    const next = await iterator.next();
    if (next.done === true) break;
    head.push(next.value);
    size += next.value.length;
  }
  const first = Buffer.concat(head);
  async function* whole(): AsyncGenerator<Buffer> {
    yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  const compressed = first[0] === 0x1f && first[1] === 0x8b;
  if (!compressed) return { compressed, content: whole() };
  const source = Readable.from(whole());
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  return { compressed, content: source.pipe(gunzip) as AsyncIterable<Buffer> };
}

async function firstBadRow(
  content: AsyncIterable<Buffer>,
  fields: readonly Field[],
  ignoreUnknown: boolean,
  rowBytesMax: number,
): Promise<BadRow | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rows = 0;
  let position = 0;
  const judge = (line: Buffer): BadRow | undefined => {
    const start = position;
    position += line.length + 1;
    // Unverified: empty lines are passed over.
    if (line.length === 0) return undefined;
    rows += 1;
    const problem = lineProblem(line);
    return problem === undefined ? undefined : { rows, position: start, problem };
  };
  const lineProblem = (line: Buffer): string | undefined => {
    if (line.length > rowBytesMax) return `Row size is larger than: ${rowBytesMax}.`;
    let text: string;
    try {
      text = decoder.decode(line);
    } catch {
      return 'Invalid UTF-8 in row.';
    }
    return rowProblem(text, fields, ignoreUnknown);
  };
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of content) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
        const bad = judge(bytes.subarray(0, end));
        if (bad !== undefined) return bad;
        bytes = bytes.subarray(end + 1);
      }
      if (bytes.length > rowBytesMax) return judge(bytes);
      rest = bytes;
    }
  } catch (error) {
    // A gzip stream that ends early or is damaged; anything else is a fault of the proxy and must surface.
    if (typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('Z_')) {
      return { rows, position, problem: 'Input contained no data or the gzip stream is damaged.' };
    }
    throw error;
  }
  return judge(rest);
}

/** Objects of a storage server that keeps `gs://bucket/name` at `root/bucket/name`. */
export function objectsInFolder(root: string): OpenObject {
  return async (uri) => {
    const path = resolve(root, uri.replace(/^gs:\/\//, ''));
    if (!path.startsWith(resolve(root) + sep)) return undefined;
    const found = await stat(path).catch(() => undefined);
    return found?.isFile() === true ? createReadStream(path, { highWaterMark: 256 * 1024 }) : undefined;
  };
}

/** Objects read by the JSON API at `url`. */
export function objectsByHttp(url: string): OpenObject {
  return async (uri) => {
    const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
    const address = `${url}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`;
    return new Promise((settle, fail) => {
      // Asking for gzip keeps the server from inflating objects that declare that encoding.
      get(address, { headers: { 'accept-encoding': 'gzip' }, agent: false }, (answer) => {
        if (answer.statusCode === 200) return settle(answer);
        answer.resume();
        return answer.statusCode === 404 ? settle(undefined) : fail(new Error(`reading ${uri}: status ${answer.statusCode ?? 0}`));
      }).on('error', fail);
    });
  };
}
