/**
 * What the three event tables of 1Password share. https://developer.1password.com/docs/events-api/reference/
 * All three have a `uuid` per event and a `timestamp` in RFC 3339, UTC.
 */
import { defineTable, type Example, type TableDefinition } from '../../table';
import { float, instant, personal, record, text } from './column';

export const UUID = text('uuid', 'Identifier of the event.');
export const TIMESTAMP = instant('timestamp', 'When it happened; equals event_time.');
export const ACCOUNT_UUID = text('account_uuid', '1Password account it happened in.');

export const userColumn = <const Name extends string>(name: Name, description: string) =>
  record(name, description, [
    text('uuid', 'Identifier of the user.', personal),
    text('name', 'Name.', personal),
    text('email', 'E-mail address.', personal),
    text('type', 'user or service_account.'),
  ]);

export const CLIENT = record('client', 'Program that was used.', [
  text('app_name', 'Program.'),
  text('app_version', 'Its version.'),
  text('platform_name', 'What it runs on: a browser or a kind of computer.'),
  text('platform_version', 'Version of that.'),
  text('os_name', 'Operating system.'),
  text('os_version', 'Version of the operating system.'),
  text('ip_address', 'Address.', personal),
]);

export const LOCATION = record('location', 'Where the address was, by a database of locations.', [
  text('country', 'Country.'),
  text('region', 'Region.'),
  text('city', 'City.', personal),
  float('latitude', 'Degrees north.', personal),
  float('longitude', 'Degrees east.', personal),
]);

/** One of the three tables. */
export function onepasswordTable<
  const Parts extends Pick<TableDefinition, 'description' | 'cluster' | 'columns' | 'envelope'> & { readonly examples: readonly Example[] },
>(log: 'signin_attempt' | 'item_usage' | 'audit_event', parts: Parts) {
  return defineTable({
    name: `onepassword_${log}`,
    kind: 'event',
    origin: `onepassword.${log}`,
    partition: 'timestamp',
    requirePartitionFilter: true,
    time: { from: [['timestamp']], as: 'rfc3339_utc' },
    key: { class: 'A', parts: [['uuid']] },
    volatile: [],
    ...parts,
  });
}
