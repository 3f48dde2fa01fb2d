/**
 * Parameters of Workspace events as columns. The Reports API gives `parameters: [{ name, value | boolValue | intValue | ... }]`;
 * Panther makes a map of them, and the connector of Sentinel merges them into the activity: each column reads all three.
 * https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-event-names and its neighbours
 */
import { EACH, type Path } from '../../table';
import { flag, integer, personal, repeated, text } from './column';

/** The value of a parameter in the API's list, under the member that its type has. */
const inList = (name: string, member: string): Path => ['events', EACH, 'parameters', { where: 'name', is: name }, member];

/** Where a parameter of one value may be. */
export const parameter = (name: string): readonly Path[] => [inList(name, 'value'), ['parameters', name], [name]];

const paths = (names: readonly string[], member: string): readonly Path[] => [
  ...names.map((name) => inList(name, member)),
  ...names.map((name) => ['parameters', name]),
  ...names.map((name) => [name]),
];
interface Sensitivity {
  readonly sensitivity?: 'personal';
}

/** Columns by the parameter's name in lower case; admin events write theirs in capitals. */
const word = <const Name extends string>(name: Name, description: string, names: readonly string[] = [name], more: Sensitivity = {}) =>
  text(name, description, { from: paths(names, 'value'), ...more });
const yesNo = <const Name extends string>(name: Name, description: string) =>
  flag(name, description, { from: paths([name], 'boolValue'), as: 'bool_text' });
const words = <const Name extends string>(name: Name, description: string, parameterName: string = name) =>
  text(name, description, { from: paths([parameterName], 'multiValue'), ...repeated });
const count = <const Name extends string>(name: Name, description: string) =>
  integer(name, description, { from: paths([name], 'intValue') });

const LOGIN = [
  word('login_type', 'Login: exchange, google_password, reauth, saml or unknown.'),
  words('login_challenge_method', 'Login: how the user was challenged, such as password, security_key or totp.'),
  word('login_challenge_status', 'Login: whether the challenge was passed.'),
  word('login_failure_type', 'Login: why it failed.'),
  yesNo('is_suspicious', 'Login: whether it had unusual characteristics.'),
  yesNo('is_second_factor', 'Login: whether a second factor was asked for.'),
  word('affected_email_address', 'Login: account that a warning is about.', ['affected_email_address'], personal),
  word('saml_status_code', 'SAML: status of the answer.', ['saml_status_code', 'status_code']),
  word('parameter_application_name', 'SAML: application that was signed in to. Admin: application that was set up.', [
    'application_name',
    'APPLICATION_NAME',
  ]),
  word('orgunit_path', 'SAML: organisational unit of the user.'),
];

const ADMIN = [
  word('user_email', 'Admin, groups: user it was done to.', ['USER_EMAIL', 'user_email'], personal),
  word('group_email', 'Admin, groups: group it was done to.', ['GROUP_EMAIL', 'group_email'], personal),
  word('org_unit_name', 'Admin: organisational unit a setting is for.', ['ORG_UNIT_NAME']),
  word('domain_name', 'Admin: domain it was done to.', ['DOMAIN_NAME']),
  word('setting_name', 'Admin: setting that was changed.', ['SETTING_NAME']),
  word('user_defined_setting_name', 'Admin: name an administrator gave the setting.', ['USER_DEFINED_SETTING_NAME']),
  word('old_value', 'What it was before.', ['OLD_VALUE'], personal),
  word('new_value', 'What it is now.', ['NEW_VALUE'], personal),
  word('role_name', 'Admin: administrator role.', ['ROLE_NAME']),
  word('role_id', 'Admin: identifier of that role.', ['ROLE_ID']),
  word('privilege_name', 'Admin: privilege within a role.', ['PRIVILEGE_NAME']),
  word('product_name', 'Admin: licensed product.', ['PRODUCT_NAME']),
  word('device_model', 'Device: model.', ['DEVICE_MODEL']),
  word('device_compromised_state', 'Device: COMPROMISED or NOT_COMPROMISED.', ['DEVICE_COMPROMISED_STATE']),
];

const DRIVE = [
  word('doc_id', 'Drive: document.'),
  word('doc_title', 'Drive: title of the document.', ['doc_title'], personal),
  word('doc_type', 'Drive: kind of document.'),
  word('owner', 'Drive: owner of the document.', ['owner'], personal),
  word('new_owner', 'Drive: owner from now on.', ['new_owner'], personal),
  word('visibility', 'Drive: who can see it: private, shared_internally, shared_externally, people_with_link, public_on_the_web, ….'),
  word('old_visibility', 'Drive: who could see it before.'),
  word('visibility_change', 'Drive: whether that made it more visible outside: none, internal or external.'),
  word('target_user', 'Drive: whom it was shared with.', ['target_user'], personal),
  word('target_domain', 'Drive: domain it was shared with; all for anyone.'),
  words('old_values', 'Drive: old_value, a list: names, roles or visibilities before.', 'old_value'),
  words('new_values', 'Drive: new_value, a list: names, roles or visibilities now.', 'new_value'),
  word('shared_drive_id', 'Drive: shared drive.', ['shared_drive_id', 'team_drive_id']),
  word('originating_app_id', 'Drive: project of the app that did it.'),
  yesNo('primary_event', 'Drive: whether this is what the user did, and not what followed from it.'),
  yesNo('billable', 'Drive: whether it was a user, and not a process of Google.'),
  yesNo('owner_is_shared_drive', 'Drive: whether a shared drive owns the document.'),
];

const TOKEN = [
  word('client_id', 'Token: OAuth client.'),
  word('app_name', 'Token: name of the application.'),
  word('client_type', 'Token: WEB, NATIVE_ANDROID, NATIVE_DESKTOP, ….'),
  word('api_name', 'Token: API that was called.'),
  word('method_name', 'Token: method that was called.'),
  words('scope', 'Token: scopes that were granted or revoked.'),
  count('num_response_bytes', 'Token: size of the answer.'),
];

const OTHERS = [
  word('rule_name', 'Rules: rule that was met.'),
  word('rule_severity', 'Rules: LOW, MEDIUM or HIGH.', ['severity']),
  word('data_source', 'Rules: where it was met: DRIVE, CHAT, GMAIL, ….'),
  word('calendar_id', 'Calendar: calendar.', ['calendar_id'], personal),
  word('event_id', 'Calendar: event.'),
  word('event_title', 'Calendar: title of the event.', ['event_title'], personal),
  word('recipient_email', 'Calendar: who was notified.', ['recipient_email'], personal),
  word('member_id', 'Groups: member, an address.', ['member_id'], personal),
];

export const PARAMETER_COLUMNS = [...LOGIN, ...ADMIN, ...DRIVE, ...TOKEN, ...OTHERS];
