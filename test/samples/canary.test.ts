/** A secret in every record of every folder: nothing of it is in what leaves the transform. */
import { createTransform } from '../../activities/transform/create-transform';
import { NO_REDACTION, type Redaction } from '../../activities/transform/redact/redaction';
import type { Transform } from '../../activities/transform/transform';
import { findTable } from '../../schemas/tables';
import { NOW_MS, ORIGIN, type JsonObject } from '../activities/transform/support';
import { SAMPLES_PRESENT, samplesOf } from './folder';
import { FOLDERS } from './folders';
import { forms, planted, secretOf } from './plant';

function transformsOf(redaction?: Redaction): (table: string) => Transform {
  const made = new Map<string, Transform>();
  return (table) => {
    const settings = { connector: 'c', source: 's', stream: 'm', tenant: 't', ...(redaction === undefined ? {} : { redaction }) };
    const transform = made.get(table) ?? createTransform({ table: findTable(table), identityKey: Buffer.alloc(32, 7), ...settings });
    made.set(table, transform);
    return transform;
  };
}

/** The parts of a line that say who the event is. */
const identityOf = (line: string): unknown => {
  const { event_key: key, content_hash: hash, event_time: time } = JSON.parse(line) as JsonObject;
  return [key, hash, time];
};

describe.each(FOLDERS.map((folder) => [folder.folder, folder] as const))('secrets planted in the records of %s', (_name, folder) => {
  (SAMPLES_PRESENT ? it : it.skip)(
    'are in no row, no reject and no finding, and change no identity (skipped where ../shared/samples is absent)',
    async () => {
      const [redacting, plain] = [transformsOf(), transformsOf(NO_REDACTION)];
      const samples = await samplesOf(folder);
      expect(samples).not.toEqual([]);
      const leaks: string[] = [];
      for (const [index, { table, item }] of samples.entries()) {
        const secret = secretOf(index);
        const { detector } = secret;
        const changed = planted(item, secret);
        const [lines, identities]: [string[], unknown[]] = [[], []];
        redacting(table)(changed, ORIGIN, NOW_MS, (outcome) => {
          lines.push(outcome.line.toString());
          if (outcome.kind === 'row') identities.push(identityOf(outcome.line.toString()));
        });
        const before: unknown[] = [];
        plain(table)(changed, ORIGIN, NOW_MS, (outcome) => {
          if (outcome.kind === 'row') before.push(identityOf(outcome.line.toString()));
        });
        expect(identities).toEqual(before);
        const findings = redacting(table).takeFindings();
        expect(findings).toContainEqual(expect.objectContaining({ kind: 'redaction', code: detector }));
        const left = [...lines, JSON.stringify(findings)].filter((line) => forms(secret).some((form) => line.includes(form)));
        if (left.length > 0) leaks.push(`${table} ${detector}`);
      }
      expect(leaks).toEqual([]);
    },
  );
});
