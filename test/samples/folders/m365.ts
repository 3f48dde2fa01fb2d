/** Records of the unified audit log: as the API gives them, as a row of Log Analytics, and with names in lower case. */
import { isIP } from 'node:net';
import type { SampleFolder } from '../folder';

interface AuditRecord {
  readonly UserId?: string;
  readonly userid?: string;
  readonly UserType?: number | string;
  readonly usertype?: number;
  readonly ClientIP?: string;
  readonly clientip?: string;
  readonly Client_IPAddress?: string;
  readonly ObjectId?: string;
  readonly objectid?: string;
}

export const m365: SampleFolder = {
  folder: 'm365',
  excluded: {},
  read: ({ name, lines }) => lines.map((line) => ({ file: name, table: 'm365_audit', item: Buffer.from(line) })),
  expects: ({ item }) => {
    const record = JSON.parse(item.toString()) as AuditRecord;
    const user = record.UserId ?? record.userid ?? '';
    const address = record.ClientIP ?? record.clientip ?? record.Client_IPAddress ?? '';
    const columns: [string, boolean][] = [
      ['actor_id', user !== ''],
      ['actor_email', user.includes('@')],
      ['actor_type', (record.UserType ?? record.usertype) !== undefined],
      ['src_ip', isIP(address.replace(/:\d+$/, '')) !== 0],
      ['target_id', (record.ObjectId ?? record.objectid) !== undefined],
      ['outcome', true],
      ['ocsf_activity_id', true],
    ];
    return columns.filter(([, said]) => said).map(([name]) => name);
  },
};
