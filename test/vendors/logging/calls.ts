/**
 * The books of the calls received, and the least number of calls that would have answered the same reads.
 *
 * A read is one combination of filter, resource names, order and page size; its first page, the one without a token,
 * begins a pass. A pass that begins while the one before has not reached its end is a restart, not another read. The API
 * ends a listing with a page that has entries and no `nextPageToken` (or with one empty page when nothing matches), so
 * the terminal page is no extra call: least = sum of max(1, ceil(visible entries / page size)).
 * Only complete answers count as answered. Empty pages that carry a token are counted apart; no client can avoid them.
 */
import type { Query } from './query';

export interface StreamCalls {
  /** Complete answers with status 200, the empty ones included. */
  answered: number;
  /** Of these, empty pages with a token. */
  emptyPages: number;
  /** Entries in complete answers. */
  entries: number;
  /** Refusals by HTTP status. */
  refused: Record<string, number>;
  /** Answers spoilt on purpose: resets and truncations. */
  broken: number;
  /** Answers whose client went away before their end. */
  aborted: number;
  reads: number;
  /** First pages asked again before the pass they belonged to was through. */
  restarts: number;
  least: number;
  /** The same, with a read that was wholly repeated counted as often as it was asked for. */
  leastWithRepeats: number;
}

export interface CallsReport {
  readonly total: Readonly<StreamCalls>;
  /** Per log id; `mixed` for reads over several, `none` where no log could be told from the request. */
  readonly streams: Readonly<Record<string, Readonly<StreamCalls>>>;
}

/** An answered page, as the books need it. */
export interface AnsweredPage {
  readonly stream: string;
  readonly readKey: string;
  readonly query: Query;
  readonly pageSize: number;
  readonly nowMs: number;
  readonly entries: number;
  readonly first: boolean;
  readonly terminal: boolean;
}

export interface Calls {
  answered(page: AnsweredPage): void;
  refused(stream: string, status: number): void;
  broken(stream: string): void;
  aborted(stream: string): void;
  report(): CallsReport;
  reset(): void;
}

interface Read {
  readonly stream: string;
  readonly query: Query;
  readonly pageSize: number;
  /** API time at the beginning of each pass that was not a restart. */
  readonly passesAtMs: number[];
  /** Visible entries per pass, counted when first asked for. */
  readonly counts: number[];
  open: boolean;
}

const emptyCalls = (): StreamCalls => ({
  answered: 0,
  emptyPages: 0,
  entries: 0,
  refused: {},
  broken: 0,
  aborted: 0,
  reads: 0,
  restarts: 0,
  least: 0,
  leastWithRepeats: 0,
});

function add(sum: StreamCalls, part: StreamCalls): void {
  for (const key of ['answered', 'emptyPages', 'entries', 'broken', 'aborted', 'reads', 'restarts', 'least', 'leastWithRepeats'] as const)
    sum[key] += part[key];
  for (const [status, count] of Object.entries(part.refused)) sum.refused[status] = (sum.refused[status] ?? 0) + count;
}

/** `count` tells how many entries a query finds at an API time; it may be slow, so it is asked by report() only. */
export function createCalls(count: (query: Query, atMs: number) => number): Calls {
  let streams = new Map<string, StreamCalls>();
  let reads = new Map<string, Read>();
  const of = (stream: string): StreamCalls => {
    const known = streams.get(stream) ?? emptyCalls();
    streams.set(stream, known);
    return known;
  };

  function begin(page: AnsweredPage): void {
    const known = reads.get(page.readKey);
    if (known === undefined) {
      reads.set(page.readKey, {
        stream: page.stream,
        query: page.query,
        pageSize: page.pageSize,
        passesAtMs: [page.nowMs],
        counts: [],
        open: true,
      });
    } else if (known.open) {
      of(page.stream).restarts += 1;
    } else {
      known.passesAtMs.push(page.nowMs);
      known.open = true;
    }
  }

  function leastOf(read: Read, pass: number): number {
    const visible = (read.counts[pass] ??= count(read.query, read.passesAtMs[pass] ?? 0));
    return Math.max(1, Math.ceil(visible / read.pageSize));
  }

  return {
    answered(page) {
      const books = of(page.stream);
      books.answered += 1;
      books.entries += page.entries;
      if (page.entries === 0 && !page.terminal) books.emptyPages += 1;
      if (page.first) begin(page);
      const read = reads.get(page.readKey);
      if (read !== undefined && page.terminal) read.open = false;
    },
    refused(stream, status) {
      const { refused } = of(stream);
      refused[String(status)] = (refused[String(status)] ?? 0) + 1;
    },
    broken(stream) {
      of(stream).broken += 1;
    },
    aborted(stream) {
      of(stream).aborted += 1;
    },
    report() {
      const result: Record<string, StreamCalls> = Object.fromEntries(
        [...streams].map(([stream, books]) => [stream, { ...books, refused: { ...books.refused } }]),
      );
      for (const read of reads.values()) {
        const books = (result[read.stream] ??= emptyCalls());
        books.reads += 1;
        books.least += leastOf(read, 0);
        for (let pass = 0; pass < read.passesAtMs.length; pass += 1) books.leastWithRepeats += leastOf(read, pass);
      }
      const total = emptyCalls();
      for (const books of Object.values(result)) add(total, books);
      return { total, streams: result };
    },
    reset() {
      streams = new Map();
      reads = new Map();
    },
  };
}
