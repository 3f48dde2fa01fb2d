/** Entries that others published, from a folder beside the checkout; nothing of them is kept here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stagedColumns } from '../../../schemas/envelope';
import { STAGED_REJECT_COLUMNS } from '../../../schemas/ops/rejects';
import { ACTIVITY, auditTable, loadFaults, NOW_MS, ORIGIN, transformOf, type Json, type JsonObject } from './support';

const FOLDER = join(__dirname, '../../../../shared/samples/gcp_audit');
const present = existsSync(FOLDER);

const lines = (file: string): string[] =>
  readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const entries = present
  ? readdirSync(FOLDER)
      .filter((file) => file.endsWith('.ndjson') && !file.startsWith('_'))
      .flatMap(lines)
  : [];

/** The only reason an entry of the folder may be refused for: some rule tests leave the time out. */
const DEFENSIBLE = new Set(['NO_EVENT_TIME']);

(present ? describe : describe.skip)('published Cloud Logging entries (skipped where ../shared/samples is absent)', () => {
  test.each(['activity', 'data_access', 'system_event', 'policy'])(
    'each becomes a row or a reject for %s, and both can be loaded',
    (log) => {
      const table = auditTable(log);
      const transform = transformOf(table);
      expect(entries).toHaveLength(191);
      for (const text of entries) {
        const result = transform(Buffer.from(text), ORIGIN, NOW_MS);
        const line = JSON.parse(result.line.toString()) as JsonObject;
        expect(loadFaults(result.kind === 'row' ? stagedColumns(table) : STAGED_REJECT_COLUMNS, line)).toEqual([]);
        if (result.kind === 'reject') {
          expect(DEFENSIBLE).toContain(result.reason);
          expect(line['item']).toBe(text);
          expect(JSON.parse(text)).not.toHaveProperty('timestamp');
        } else {
          expect(line['raw']).toEqual(JSON.parse(text));
          expect(result.line.toString()).toContain(`"raw":${text},`);
        }
      }
    },
  );

  test('rows have action, actor and address wherever the entry has them', () => {
    const transform = transformOf(ACTIVITY);
    const missing = entries.flatMap((text) => {
      const result = transform(Buffer.from(text), ORIGIN, NOW_MS);
      if (result.kind === 'reject') return [];
      const line = JSON.parse(result.line.toString()) as Record<string, Json>;
      const payload = (
        JSON.parse(text) as { protoPayload?: { methodName?: string; authenticationInfo?: JsonObject; requestMetadata?: JsonObject } }
      ).protoPayload;
      const caller = payload?.requestMetadata?.['callerIp'] ?? payload?.requestMetadata?.['callerIP'];
      const expectations: [string, boolean][] = [
        ['action', payload?.methodName !== undefined],
        ['outcome', payload !== undefined],
        ['actor_id', Boolean(payload?.authenticationInfo?.['principalEmail'] ?? payload?.authenticationInfo?.['principalSubject'])],
        ['src_ip', typeof caller === 'string' && /^[0-9a-f.:]+$/i.test(caller)],
      ];
      return expectations.filter(([name, expected]) => expected && !(name in line)).map(([name]) => `${name}: ${text.slice(0, 200)}`);
    });
    expect(missing).toEqual([]);
  });

  test('entries that share log, time and insertId but differ are the same key with another hash, so they conflict and do not vanish', () => {
    const transform = transformOf(ACTIVITY);
    const hashes = new Map<string, Set<string>>();
    const texts = new Map<string, Set<string>>();
    for (const text of entries) {
      const result = transform(Buffer.from(text), ORIGIN, NOW_MS);
      if (result.kind === 'reject') continue;
      const { event_key: key, content_hash: hash } = JSON.parse(result.line.toString()) as { event_key: string; content_hash: string };
      hashes.set(key, (hashes.get(key) ?? new Set()).add(hash));
      texts.set(key, (texts.get(key) ?? new Set()).add(text));
    }
    for (const [key, set] of hashes) expect([key, set.size]).toEqual([key, texts.get(key)?.size]);
    expect([...hashes.values()].some((set) => set.size > 1)).toBe(true);
  });
});
