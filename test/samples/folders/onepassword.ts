/** 1Password Events API: records of Panther's rule tests, and two pages of answers of the API. */
import { isIP } from 'node:net';
import { elementsOf } from '../containers';
import type { SampleFolder } from '../folder';

interface Person {
  readonly uuid?: string;
  readonly email?: string;
}

interface Event {
  readonly client?: { readonly ip_address?: string };
  readonly session?: { readonly ip?: string };
  readonly session_uuid?: string;
  readonly category?: string;
  readonly item_uuid?: string;
  readonly object_type?: string;
  readonly user?: Person;
  readonly target_user?: Person;
  readonly actor_details?: Person;
}

const TABLES: Readonly<Record<string, string>> = {
  'panther_onepassword_itemusage.ndjson': 'onepassword_item_usage',
  'panther_onepassword_signin.ndjson': 'onepassword_signin_attempt',
  'xsoar_auditevents_response_1.json': 'onepassword_audit_event',
  'xsoar_signinattempts_response.json': 'onepassword_signin_attempt',
};

export const onepassword: SampleFolder = {
  folder: 'onepassword',
  excluded: {},
  read: async ({ name, text, lines }) => {
    const table = TABLES[name];
    if (table === undefined) throw new Error(`onepassword has a new file ${name}`);
    const items = name.endsWith('.json') ? await elementsOf(text, 'items') : lines.map((line) => Buffer.from(line));
    return items.map((item) => ({ file: name, table, item }));
  },
  expects: ({ item }) => {
    const event = JSON.parse(item.toString()) as Event;
    const person = event.user ?? event.target_user ?? event.actor_details;
    const columns: [string, boolean][] = [
      ['actor_id', person?.uuid !== undefined],
      ['actor_email', person?.email !== undefined],
      ['actor_name', person !== undefined],
      ['src_ip', isIP(event.client?.ip_address ?? event.session?.ip ?? '') !== 0],
      ['session_id', event.session_uuid !== undefined],
      ['outcome', event.category !== undefined],
      ['outcome_reason', event.category !== undefined],
      ['target_id', event.item_uuid !== undefined],
      ['target_type', event.item_uuid !== undefined || event.object_type !== undefined],
    ];
    return columns.filter(([, said]) => said).map(([name]) => name);
  },
};
