/**
 * Reads a body that is one JSON object with an array of records in it, without parsing the records.
 *
 * The elements of the named member come out as compact raw slices, as many at a time as a chunk completes; memory holds
 * one chunk and one element, whatever the size of the body. The other top-level members are small and are parsed.
 * Between the elements the grammar is checked strictly: a body that ends early, goes on after its end or is something else
 * is an error and never a shorter list. Inside an element only the boundary is checked, so one broken record is one
 * reject downstream and not the end of the page. A member that occurs twice gives the elements of both.
 */
import { TidemarkError } from '../errors';
import { BYTE, CLASS, CLASS_OF, END, beginValue, compactValue, createCompactor, reserve, type Compactor } from './compact';

export interface JsonArrayLimits {
  /** One element, without whitespace. Default 16 MiB. */
  readonly elementBytesMax: number;
  /** Brackets within brackets, in one element. Default 2,000. */
  readonly depthMax: number;
  /** The whole body as received. Default 2 GiB: pages are streamed, this only ends an endless one. */
  readonly bodyBytesMax: number;
  /** All other top-level members together. Default 1 MiB. */
  readonly restBytesMax: number;
}

export const JSON_ARRAY_LIMITS: JsonArrayLimits = {
  elementBytesMax: 16 * 1024 * 1024,
  depthMax: 2_000,
  bodyBytesMax: 2 * 1024 * 1024 * 1024,
  restBytesMax: 1024 * 1024,
};

export interface JsonArray {
  /** Drained once. Throws SRC_BODY_TRUNCATED or SRC_BODY_TOO_LARGE, or what the body throws. */
  readonly items: AsyncIterable<readonly Buffer[]>;
  /** The other top-level members; asked after `items` ended. */
  readonly rest: () => Readonly<Record<string, unknown>>;
}

/** Scans `body` for the array member `name`; a missing member or null is an empty array. */
export function jsonArray(body: AsyncIterable<Buffer>, name: string, limits: Partial<JsonArrayLimits> = {}): JsonArray {
  const scan = createScan(name, { ...JSON_ARRAY_LIMITS, ...limits });
  let rest: Readonly<Record<string, unknown>> | undefined;
  async function* read(): AsyncGenerator<readonly Buffer[], void, void> {
    for await (const chunk of body) {
      scanChunk(scan, chunk);
      const batch = scan.batch;
      if (batch.length === 0) continue;
      scan.batch = [];
      yield batch;
    }
    if (scan.phase !== 'end') throw broken(scan, 'ended early');
    rest = parseRest(scan);
  }
  return {
    items: read(),
    rest: () => {
      if (rest === undefined) throw broken(scan, 'was not read to its end');
      return rest;
    },
  };
}

/** What the next byte that is not whitespace has to be. */
type Phase = 'root' | 'keyOrEnd' | 'key' | 'colon' | 'value' | 'elementOrEnd' | 'element' | 'elementEnd' | 'memberEnd' | 'end';

interface Scan {
  readonly name: string;
  readonly limits: JsonArrayLimits;
  readonly value: Compactor;
  phase: Phase;
  /** What is being copied, if something is. */
  copying: 'nothing' | 'key' | 'member' | 'element';
  key: string;
  batch: Buffer[];
  /** Raw `"key":value` texts. */
  readonly members: string[];
  memberBytes: number;
  received: number;
  bomBytes: number;
}

function createScan(name: string, limits: JsonArrayLimits): Scan {
  const value = createCompactor(limits.depthMax);
  return {
    name,
    limits,
    value,
    phase: 'root',
    copying: 'nothing',
    key: '',
    batch: [],
    members: [],
    memberBytes: 0,
    received: 0,
    bomBytes: 0,
  };
}

function scanChunk(scan: Scan, chunk: Buffer): void {
  const { value, limits } = scan;
  scan.received += chunk.length;
  if (scan.received > limits.bodyBytesMax) throw tooLarge(scan, 'body', limits.bodyBytesMax);
  reserve(value, chunk.length + 1);
  let index = 0;
  for (;;) {
    if (scan.copying !== 'nothing') {
      index = compactValue(value, chunk, index);
      checkCopied(scan);
      if (value.end === END.more) return;
      finishCopy(scan);
    }
    while (index < chunk.length && CLASS_OF[chunk[index] as number] === CLASS.white) index++;
    if (index >= chunk.length) return;
    if (step(scan, chunk[index] as number)) index++;
  }
}

/** A UTF-8 byte order mark before the object is skipped. */
const BOM = [0xef, 0xbb, 0xbf];

/** Takes one structural byte. False: the byte begins a value and is left to the copy. */
function step(scan: Scan, byte: number): boolean {
  switch (scan.phase) {
    case 'root':
      if (byte === BOM[scan.bomBytes]) {
        scan.bomBytes++;
        return true;
      }
      if (scan.bomBytes % BOM.length !== 0) throw broken(scan, 'is not the expected JSON');
      return expect(scan, byte, BYTE.openObject, 'keyOrEnd');
    case 'keyOrEnd':
      if (byte === BYTE.closeObject) return go(scan, 'end');
      return beginKey(scan, byte);
    case 'key':
      return beginKey(scan, byte);
    case 'colon':
      return expect(scan, byte, BYTE.colon, 'value');
    case 'value':
      if (scan.key === scan.name && byte === BYTE.openArray) return go(scan, 'elementOrEnd');
      return beginCopy(scan, byte, 'member');
    case 'elementOrEnd':
      if (byte === BYTE.closeArray) return go(scan, 'memberEnd');
      return beginCopy(scan, byte, 'element');
    case 'element':
      return beginCopy(scan, byte, 'element');
    case 'elementEnd':
      if (byte === BYTE.comma) return go(scan, 'element');
      return expect(scan, byte, BYTE.closeArray, 'memberEnd');
    case 'memberEnd':
      if (byte === BYTE.comma) return go(scan, 'key');
      return expect(scan, byte, BYTE.closeObject, 'end');
    case 'end':
      throw broken(scan, 'goes on after its end');
  }
}

function go(scan: Scan, phase: Phase): true {
  scan.phase = phase;
  return true;
}

function expect(scan: Scan, byte: number, expected: number, phase: Phase): true {
  if (byte !== expected) throw broken(scan, 'is not the expected JSON');
  return go(scan, phase);
}

function beginKey(scan: Scan, byte: number): false {
  if (byte !== BYTE.quote) throw broken(scan, 'is not the expected JSON');
  return beginCopy(scan, byte, 'key');
}

function beginCopy(scan: Scan, byte: number, what: 'key' | 'member' | 'element'): false {
  const kind = CLASS_OF[byte];
  if (kind === CLASS.separator || kind === CLASS.close) throw broken(scan, 'is not the expected JSON');
  scan.copying = what;
  beginValue(scan.value);
  return false;
}

function checkCopied(scan: Scan): void {
  const { value, limits } = scan;
  const bytes = value.position - value.start;
  if (scan.copying === 'element') {
    if (bytes > limits.elementBytesMax) throw tooLarge(scan, 'element', limits.elementBytesMax);
  } else if (scan.memberBytes + bytes > limits.restBytesMax) {
    throw tooLarge(scan, 'rest', limits.restBytesMax);
  }
  if (value.end === END.deep) throw tooLarge(scan, 'depth', limits.depthMax);
  if (value.end === END.unbalanced) throw broken(scan, 'has brackets that do not pair up');
}

function finishCopy(scan: Scan): void {
  const { value, copying } = scan;
  const slice = value.out.subarray(value.start, value.position);
  value.start = value.position;
  scan.copying = 'nothing';
  if (copying === 'element') {
    scan.batch.push(slice);
    scan.phase = 'elementEnd';
    return;
  }
  const text = slice.toString('utf8');
  scan.memberBytes += slice.length;
  if (copying === 'key') {
    scan.key = parseKey(scan, text);
    scan.phase = 'colon';
    return;
  }
  if (scan.key !== scan.name) scan.members.push(`${JSON.stringify(scan.key)}:${text}`);
  else if (text !== 'null') throw broken(scan, 'has another type of value where the records should be');
  scan.phase = 'memberEnd';
}

function parseKey(scan: Scan, text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    // The parser's own message quotes the text, which is event data: it goes nowhere.
    throw broken(scan, 'is not the expected JSON');
  }
}

function parseRest(scan: Scan): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(`{${scan.members.join(',')}}`) as Record<string, unknown>;
  } catch {
    // The parser's own message quotes the text, which is event data: it goes nowhere.
    throw broken(scan, 'is not the expected JSON');
  }
}

function broken(scan: Scan, what: string): TidemarkError {
  return new TidemarkError('SRC_BODY_TRUNCATED', `The answer ${what}.`, { context: { member: scan.name, receivedBytes: scan.received } });
}

function tooLarge(scan: Scan, what: string, max: number): TidemarkError {
  return new TidemarkError('SRC_BODY_TOO_LARGE', `The answer exceeds a cap: ${what}.`, {
    context: { member: scan.name, cap: what, max, receivedBytes: scan.received },
  });
}
