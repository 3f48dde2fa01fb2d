/**
 * Activities of the Workspace Reports API: a page in the API's own shape, Panther's records (one event each, parameters as a map)
 * and Sentinel's (the event merged into the activity).
 */
import { isIP } from 'node:net';
import { elementsOf } from '../containers';
import type { SampleFolder } from '../folder';

interface Activity {
  readonly id?: { readonly time?: string };
  readonly actor?: { readonly email?: string; readonly profileId?: string; readonly callerType?: string; readonly key?: string };
  readonly ipAddress?: string;
  readonly name?: string;
  readonly event_name?: string;
  readonly user_agent?: string;
  readonly USER_EMAIL?: string;
  readonly client_id?: string;
  readonly calendar_id?: string;
  readonly parameters?: {
    readonly doc_id?: string;
    readonly USER_EMAIL?: string;
    readonly SETTING_NAME?: string;
    readonly client_id?: string;
    readonly severity?: string;
    readonly event_info?: { readonly success?: boolean };
    readonly message_info?: { readonly connection_info?: { readonly client_ip?: string } };
  } | null;
}

const parse = (item: Buffer): Activity => JSON.parse(item.toString()) as Activity;

export const gworkspace: SampleFolder = {
  folder: 'gworkspace',
  excluded: {},
  read: async ({ name, text, lines }) => {
    const items = name.endsWith('.json') ? await elementsOf(text, 'items') : lines.map((line) => Buffer.from(line));
    return items.map((item) => {
      const sample = { file: name, table: 'gworkspace_activity', item };
      return parse(item).id?.time === undefined ? { ...sample, reject: 'NO_EVENT_TIME' } : sample;
    });
  },
  expects: ({ item }) => {
    const activity = parse(item);
    const { actor, parameters } = activity;
    const name = activity.name ?? activity.event_name ?? '';
    const columns: [string, boolean][] = [
      ['outcome', /^login_(success|failure)$/.test(name) || parameters?.event_info?.success !== undefined],
      ['actor_id', (actor?.profileId ?? actor?.key) !== undefined],
      ['actor_email', actor?.email !== undefined],
      ['actor_type', (actor?.callerType ?? actor?.profileId) !== undefined],
      ['src_ip', isIP(activity.ipAddress ?? parameters?.message_info?.connection_info?.client_ip ?? '') !== 0],
      ['user_agent', activity.user_agent !== undefined],
      ['event_severity', parameters?.severity !== undefined],
      [
        'target_id',
        [parameters?.doc_id, parameters?.USER_EMAIL, parameters?.SETTING_NAME, parameters?.client_id].some((id) => id !== undefined) ||
          [activity.USER_EMAIL, activity.client_id, activity.calendar_id].some((id) => id !== undefined),
      ],
    ];
    return columns.filter(([, said]) => said).map(([column]) => column);
  },
};
