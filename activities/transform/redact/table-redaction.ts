/** What the configuration says of one table's records, as the redaction that follows it. */
import { createHash } from 'node:crypto';
import type { RedactionConfig } from '../../config';
import { createRedaction, type Redaction } from './redaction';
import type { PseudonymKey } from './rules';

export interface TableRedaction {
  readonly redaction: Redaction;
  /** Of the rules, the detectors and the key's id: parts of one read are redacted alike. */
  readonly digest: string;
}

/** Throws CONFIG_INVALID for pseudonyms without a key. */
export function tableRedaction(config: RedactionConfig, pseudonymKey: PseudonymKey | undefined, table: string): TableRedaction {
  const rules = config.tables[table] ?? [];
  const { detectorsOff } = config;
  return {
    redaction: createRedaction({ detectors: { off: detectorsOff }, rules, pseudonymKey }),
    digest: createHash('sha256')
      .update(JSON.stringify([[...detectorsOff].sort(), rules, pseudonymKey?.id ?? null]))
      .digest('hex')
      .slice(0, 16),
  };
}
