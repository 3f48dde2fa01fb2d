/** Okta System Log events, as the API gives them and as Panther's rule tests have them: trimmed, some with names in lower case. */
import { isIP } from 'node:net';
import type { SampleFolder } from '../folder';

interface LogEvent {
  readonly published?: string;
  readonly actor?: { readonly id?: string; readonly alternateId?: string };
  readonly client?: { readonly ipAddress?: string; readonly userAgent?: { readonly rawUserAgent?: string } };
  readonly outcome?: { readonly result?: string };
  readonly severity?: string;
  readonly target?: readonly { readonly id?: string; readonly type?: string }[] | null;
}

const parse = (item: Buffer): LogEvent => JSON.parse(item.toString()) as LogEvent;

export const okta: SampleFolder = {
  folder: 'okta',
  excluded: {},
  read: ({ name, lines }) =>
    lines.map((line) => {
      const item = Buffer.from(line);
      const sample = { file: name, table: 'okta_system_log', item };
      // Rule tests leave out what their rule does not read: without `published` nobody knows when it was.
      return parse(item).published === undefined ? { ...sample, reject: 'NO_EVENT_TIME' } : sample;
    }),
  expects: ({ item }) => {
    const { actor, client, outcome, severity, target } = parse(item);
    const columns: [string, boolean][] = [
      ['outcome', outcome?.result !== undefined],
      ['actor_id', actor?.id !== undefined],
      ['actor_email', (actor?.alternateId ?? '').includes('@')],
      ['src_ip', isIP(client?.ipAddress ?? '') !== 0],
      ['user_agent', Boolean(client?.userAgent?.rawUserAgent)],
      ['event_severity', severity !== undefined],
      ['target_id', target?.[0]?.id !== undefined],
      ['target_type', target?.[0]?.type !== undefined],
    ];
    return columns.filter(([, said]) => said).map(([name]) => name);
  },
};
