/** Slack Audit Logs entries. Panther's have no id or time where a rule reads neither; Sentinel's are the API's, sanitised. */
import { isIP } from 'node:net';
import { elementsOf } from '../containers';
import type { SampleFolder } from '../folder';

interface Entry {
  readonly date_create?: number | string;
  readonly actor?: { readonly user?: { readonly id?: string; readonly email?: string } };
  readonly context?: { readonly ip_address?: string; readonly ua?: string };
  readonly entity?: { readonly type?: string };
}

const parse = (item: Buffer): Entry => JSON.parse(item.toString()) as Entry;

export const slack: SampleFolder = {
  folder: 'slack',
  excluded: {
    'slack_sdk_audit_actions.json': 'a list of the names of actions',
    'slack_sdk_audit_schemas.json': 'a list of the kinds of entities',
  },
  read: async ({ name, text, lines }) => {
    const table = 'slack_audit_log';
    // One entry that shows the type of every member: all texts are empty and the time is 123 seconds after the epoch.
    if (name === 'slack_sdk_audit_logs_response.json')
      return (await elementsOf(text, 'entries')).map((item) => ({ file: name, table, item, reject: 'EVENT_TIME_OUT_OF_RANGE' as const }));
    return lines.map((line) => {
      const item = Buffer.from(line);
      const sample = { file: name, table, item };
      return parse(item).date_create === undefined ? { ...sample, reject: 'NO_EVENT_TIME' } : sample;
    });
  },
  expects: ({ item }) => {
    const { actor, context, entity } = parse(item);
    const columns: [string, boolean][] = [
      ['actor_id', Boolean(actor?.user?.id)],
      ['actor_email', (actor?.user?.email ?? '').includes('@')],
      ['actor_type', actor !== undefined],
      ['src_ip', isIP(context?.ip_address ?? '') !== 0],
      ['user_agent', Boolean(context?.ua)],
      ['target_id', entity?.type !== undefined],
      ['target_name', entity?.type !== undefined],
      ['target_type', entity?.type !== undefined],
    ];
    return columns.filter(([, said]) => said).map(([name]) => name);
  },
};
