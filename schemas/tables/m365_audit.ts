/**
 * Microsoft 365 unified audit log, as the Management Activity API gives it: Exchange, SharePoint, OneDrive, Teams, Entra ID,
 * Purview, Defender and others, in one common schema and the members of each workload.
 * https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema
 *
 * `CreationTime` is UTC without a zone. The columns of the OfficeActivity table of Log Analytics are the same record under
 * other names (`OfficeId` is `Id`, `OfficeWorkload` is `Workload`, …); some tools print the names of members in lower case.
 * `UserId` identifies the actor across workloads; `UserKey` is another identifier in every workload, so it comes second.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable, EACH } from '../table';
import { flag, instant, integer, json, personal, record, repeated, text } from './shared/column';
import { member } from './shared/member';
import { OCSF, ocsfByAction, type OcsfRule } from './shared/ocsf';

/** Values of a list of pairs are text, but tools on the way turn some into numbers and booleans. */
const anyText = { as: 'text' } as const;

const COMMON = [
  text('id', 'Identifier of the record, a UUID.', member('Id', 'OfficeId')),
  integer(
    'record_type',
    'Kind of record, a number of AuditLogRecordType: 1 Exchange admin, 6 SharePoint file, 15 sign-in, 50 mail access, ….',
    member('RecordType'),
  ),
  text('operation', 'Name of the activity; equals action.', member('Operation')),
  text('organization_id', 'Tenant.', member('OrganizationId')),
  text(
    'user_type',
    'Kind of user: 0 Regular, 2 Admin, 3 DcAdmin, 4 System, 5 Application, 6 ServicePrincipal, …; Log Analytics gives the word.',
    {
      ...member('UserType'),
      ...anyText,
    },
  ),
  text('user_key', 'Another identifier of the user, a PUID in most workloads.', { ...member('UserKey'), ...personal }),
  text(
    'workload',
    'Service the activity happened in: Exchange, SharePoint, AzureActiveDirectory, ….',
    member('Workload', 'OfficeWorkload'),
  ),
  text('result_status', 'Succeeded, PartiallySucceeded or Failed; True or False in Exchange.', member('ResultStatus')),
  text('m365_object_id', 'What it was done to: path of a file, name of a mailbox or cmdlet object, identifier of an application.', {
    ...member('ObjectId', 'OfficeObjectId'),
    ...personal,
  }),
  text('user_id', 'User principal name of who did it, or the name of a system account.', { ...member('UserId'), ...personal }),
  text('client_ip', 'Address of the device, in some workloads with a port or in brackets.', { ...member('ClientIP'), ...personal }),
  text('scope', 'Whether it came from the service (0, Online) or from a server on the premises (1, Onprem).', {
    ...member('Scope'),
    ...anyText,
  }),
  integer('version', 'Version of the schema of the record.', member('Version')),
  record(
    'app_access_context',
    'Application and session of the access.',
    [
      text('aad_session_id', 'Session of the sign-in, which other records share.', { from: [['AADSessionId']] }),
      text('client_app_id', 'Application that made the access.', { from: [['ClientAppId']] }),
      text('client_app_name', 'Its name.', { from: [['ClientAppName']] }),
      text('api_id', 'API that was used.', { from: [['APIId']] }),
      text('correlation_id', 'Correlates records of one access.', { from: [['CorrelationId']] }),
      text('unique_token_id', 'Access token of the access; no secret.', { from: [['UniqueTokenId']] }),
      instant('issued_at_time', 'When that token was issued.', { from: [['IssuedAtTime']] }),
    ],
    member('AppAccessContext'),
  ),
];

const EXCHANGE = [
  record(
    'parameters',
    'Exchange admin: parameters of the cmdlet.',
    [
      text('name', 'Name of the parameter.', member('Name')),
      text('value', 'Its value, as text.', { ...member('Value'), ...anyText, ...personal }),
    ],
    { ...member('Parameters'), ...repeated },
  ),
  text('organization_name', 'Exchange: name of the tenant.', member('OrganizationName')),
  text('originating_server', 'Exchange: server that ran it.', member('OriginatingServer')),
  flag('external_access', "Exchange: whether Microsoft's own staff or service did it.", { ...member('ExternalAccess'), as: 'bool_text' }),
  text('logon_type', 'Exchange mailbox: who opened it: 0 owner, 1 admin, 2 delegate, …; Log Analytics gives the word.', {
    ...member('LogonType', 'Logon_Type'),
    ...anyText,
  }),
  text('mailbox_guid', 'Exchange mailbox: its identifier.', member('MailboxGuid')),
  text('mailbox_owner_upn', 'Exchange mailbox: user principal name of its owner.', { ...member('MailboxOwnerUPN'), ...personal }),
  text('client_info_string', 'Exchange mailbox: program that opened it.', member('ClientInfoString')),
  text('client_ip_address', 'Exchange mailbox: address of the client.', { ...member('ClientIPAddress', 'Client_IPAddress'), ...personal }),
  record(
    'operation_properties',
    'Exchange mailbox: facts about the operation, such as MailAccessType and IsThrottled.',
    [text('name', 'Name.', member('Name')), text('value', 'Value, as text.', { ...member('Value'), ...anyText })],
    { from: [['OperationProperties']], ...repeated },
  ),
  integer('operation_count', 'Exchange mailbox: number of operations the record stands for.', member('OperationCount')),
  json('folders', 'Exchange mailbox: folders and messages that were read.', { ...member('Folders'), ...personal }),
  json('item', 'Exchange mailbox: the message.', { ...member('Item'), ...personal }),
  json('affected_items', 'Exchange mailbox: the messages.', { ...member('AffectedItems'), ...personal }),
];

const SHAREPOINT = [
  text('site_url', 'SharePoint: address of the site.', { ...member('SiteUrl', 'Site_Url'), ...personal }),
  text('source_relative_url', 'SharePoint: folder of the file.', { ...member('SourceRelativeUrl'), ...personal }),
  text('source_file_name', 'SharePoint: name of the file.', { ...member('SourceFileName'), ...personal }),
  text('source_file_extension', 'SharePoint: its extension.', member('SourceFileExtension')),
  text('destination_relative_url', 'SharePoint: folder it was copied or moved to.', { ...member('DestinationRelativeUrl'), ...personal }),
  text('destination_file_name', 'SharePoint: name it was copied or moved to.', { ...member('DestinationFileName'), ...personal }),
  text('item_type', 'SharePoint: File, Folder, Web, Site, Tenant, DocumentLibrary or Page.', member('ItemType')),
  text('event_source', 'SharePoint or ObjectModel.', member('EventSource')),
  text('sharing_type', 'SharePoint: kind of sharing permission.', member('SharingType')),
  text('target_user_or_group_name', 'SharePoint: whom it was shared with.', { ...member('TargetUserOrGroupName'), ...personal }),
  text('target_user_or_group_type', 'SharePoint: Member, Guest, Group or Partner.', member('TargetUserOrGroupType')),
];

const idPairs = <const Name extends string>(name: Name, source: string, description: string) =>
  record(
    name,
    description,
    [
      text('id', 'Identifier or name.', { from: [['ID'], ['Id'], ['id']], ...anyText, ...personal }),
      integer('type', 'Kind of that identifier, a number of the IdentityType of the vendor.', member('Type')),
    ],
    { ...member(source), ...repeated, ...personal },
  );

const nameValues = <const Name extends string>(name: Name, source: string, description: string) =>
  record(
    name,
    description,
    [text('name', 'Name.', member('Name')), text('value', 'Value, as text.', { ...member('Value'), ...anyText, ...personal })],
    { ...member(source), ...repeated, ...personal },
  );

const DIRECTORY = [
  integer(
    'azure_active_directory_event_type',
    'Entra ID: 0 account sign-in, 1 application security.',
    member('AzureActiveDirectoryEventType'),
  ),
  idPairs('actor', 'Actor', 'Entra ID: identifiers of who did it.'),
  idPairs('target', 'Target', 'Entra ID: identifiers of what it was done to.'),
  text('actor_ip_address', 'Entra ID: address of the actor.', { ...member('ActorIpAddress'), ...personal }),
  text('application_id', 'Entra ID: application that was signed in to.', member('ApplicationId')),
  text('error_number', 'Entra ID: code of the sign-in error; 0 is none.', { ...member('ErrorNumber'), ...anyText }),
  text('logon_error', 'Entra ID: name of the sign-in error.', member('LogonError')),
  nameValues('extended_properties', 'ExtendedProperties', 'Entra ID: more facts, such as UserAgent and RequestType.'),
  nameValues('device_properties', 'DeviceProperties', 'Entra ID: facts about the device, such as OS, BrowserType and SessionId.'),
  record(
    'modified_properties',
    'Properties that were changed.',
    [
      text('name', 'Name.', member('Name')),
      text('old_value', 'Value before, as text.', { ...member('OldValue'), ...anyText, ...personal }),
      text('new_value', 'Value after, as text.', { ...member('NewValue'), ...anyText, ...personal }),
    ],
    { ...member('ModifiedProperties'), ...repeated, ...personal },
  ),
];

const OTHERS = [
  text('app_id', 'Application that was accessed.', member('AppId')),
  text('client_app_id', 'Application that made the access.', member('ClientAppId')),
  text('team_name', 'Teams: name of the team.', member('TeamName')),
  text('team_guid', 'Teams: identifier of the team.', member('TeamGuid')),
  text('channel_name', 'Teams: name of the channel.', member('ChannelName')),
  text('channel_guid', 'Teams: identifier of the channel.', member('ChannelGuid')),
  json('members', 'Teams: members the operation was about.', { ...member('Members'), ...personal }),
  text('alert_id', 'Alerts: identifier of the alert.', member('AlertId')),
  text('name', 'Alerts: name of the policy that raised it.', member('Name')),
  text('severity', 'Alerts: Low, Medium, High or Informational.', member('Severity')),
  text('status', 'Alerts: Active, Investigating, Resolved or Dismissed.', { ...member('Status'), ...anyText }),
  text('incident_id', 'Data loss prevention: identifier of the match, which its records share.', member('IncidentId')),
  json('policy_details', 'Data loss prevention: policies and rules that matched.', { ...member('PolicyDetails'), ...personal }),
  json('exchange_meta_data', 'Data loss prevention: the message.', { ...member('ExchangeMetaData'), ...personal }),
  json('share_point_meta_data', 'Data loss prevention: the file.', { ...member('SharePointMetaData'), ...personal }),
];

const pair = (list: string, name: string): Path => [list, { where: 'Name', is: name }, 'Value'];

/** A failed sign-in is recorded with ResultStatus Success, because the failure could be recorded: the operation says it. */
const OUTCOME: EnvelopeSource = {
  cases: [
    { when: { path: ['Operation'], equals: ['UserLoginFailed'] }, then: { constant: 'failure' } },
    { when: { path: ['operation'], equals: ['UserLoginFailed'] }, then: { constant: 'failure' } },
    {
      then: {
        from: member('ResultStatus').from,
        as: 'lower',
        map: {
          success: 'success',
          succeeded: 'success',
          true: 'success',
          failed: 'failure',
          failure: 'failure',
          false: 'failure',
          partiallysucceeded: 'unknown',
        },
      },
    },
  ],
};

const ACTOR_TYPES: Readonly<Record<string, string>> = {
  ...{ '0': 'user', '2': 'user', '3': 'system', '4': 'system', '5': 'service_account', '6': 'service_account' },
  ...{ '7': 'system', '8': 'system', '9': 'user', '10': 'user' },
  ...{ Regular: 'user', Admin: 'user', DcAdmin: 'system', System: 'system', Application: 'service_account' },
  ...{ ServicePrincipal: 'service_account', CustomPolicy: 'system', SystemPolicy: 'system', PartnerTechnician: 'user', Guest: 'user' },
};

const { account, api, authentication, email, file, group } = OCSF;
const OCSF_RULES: readonly OcsfRule[] = [
  {
    names: ['UserLoggedIn', 'UserLoginFailed', 'MailboxLogin', 'TeamsSessionStarted'],
    uid: authentication.uid,
    activity: authentication.logon,
  },
  { names: ['Add user.'], uid: account.uid, activity: account.create },
  { names: ['Delete user.'], uid: account.uid, activity: account.delete },
  { names: ['Change user password.'], uid: account.uid, activity: account.passwordChange },
  { names: ['Reset user password.'], uid: account.uid, activity: account.passwordReset },
  { names: ['Disable account.'], uid: account.uid, activity: account.disable },
  { names: ['Enable account.'], uid: account.uid, activity: account.enable },
  { names: ['Add member to role.'], uid: account.uid, activity: account.assignRoles },
  { names: ['Remove member from role.'], uid: account.uid, activity: account.removeRoles },
  { names: ['Add member to group.'], uid: group.uid, activity: group.addUser },
  { names: ['Remove member from group.'], uid: group.uid, activity: group.removeUser },
  { names: ['Send', 'SendAs', 'SendOnBehalf'], uid: email.uid, activity: email.send },
  { names: ['FileUploaded', 'FileUploadedPartial', 'FileSyncUploadedFull'], uid: file.uid, activity: file.upload },
  { names: ['FileDownloaded', 'FileSyncDownloadedFull'], uid: file.uid, activity: file.download },
  { names: ['FileModified', 'FileModifiedExtended'], uid: file.uid, activity: file.update },
  { names: ['FileDeleted', 'FileRecycled', 'FileDeletedFirstStageRecycleBin', 'FolderDeleted'], uid: file.uid, activity: file.delete },
  { names: ['FileRenamed'], uid: file.uid, activity: file.rename },
  { names: ['FileCopied'], uid: file.uid, activity: file.copy },
  { names: ['FileMoved'], uid: file.uid, activity: file.move },
  { names: ['FileRestored'], uid: file.uid, activity: file.restore },
  { names: ['FilePreviewed'], uid: file.uid, activity: file.preview },
  { names: ['FileAccessed', 'FileAccessedExtended'], uid: file.uid, activity: file.open },
  { names: ['SharingSet', 'AnonymousLinkCreated', 'SecureLinkCreated', 'CompanyLinkCreated'], uid: file.uid, activity: file.share },
  { names: ['SharingRevoked', 'AnonymousLinkRemoved'], uid: file.uid, activity: file.unshare },
  { names: ['MailItemsAccessed'], uid: api.uid, activity: api.read },
  { prefixes: ['New-', 'Add-', 'Install-', 'Add ', 'Create'], uid: api.uid, activity: api.create },
  { prefixes: ['Set-', 'Update-', 'Enable-', 'Disable-', 'Update ', 'Set '], uid: api.uid, activity: api.update },
  { prefixes: ['Remove-', 'Uninstall-', 'Delete ', 'Remove ', 'HardDelete', 'SoftDelete'], uid: api.uid, activity: api.delete },
  { prefixes: ['Get-', 'Search-', 'Export-'], uid: api.uid, activity: api.read },
];

const ADDRESSES: readonly Path[] = [
  ...member('ClientIP').from,
  ...member('ClientIPAddress', 'Client_IPAddress').from,
  ...member('ActorIpAddress').from,
];

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: member('Operation'),
  outcome: OUTCOME,
  outcome_reason: { from: [['LogonError'], ['ResultReasonType']] },
  actor_id: { from: [...member('UserId').from, ...member('UserKey').from] },
  actor_email: { ...member('UserId'), as: 'email' },
  actor_type: { ...member('UserType'), map: ACTOR_TYPES },
  src_ip: { from: ADDRESSES, as: 'ip' },
  user_agent: { from: [['UserAgent'], pair('ExtendedProperties', 'UserAgent'), ['ClientInfoString']] },
  session_id: { from: [['AppAccessContext', 'AADSessionId'], pair('DeviceProperties', 'SessionId'), ['SessionId']] },
  device_id: { from: [pair('DeviceProperties', 'Id'), ['DeviceId']] },
  target_id: {
    from: [...member('ObjectId', 'OfficeObjectId').from, ['MailboxGuid'], ['Target', 0, 'ID'], ['AlertEntityId'], ['TeamGuid']],
  },
  target_name: { from: [['SourceFileName'], ['MailboxOwnerUPN'], ['TargetUserOrGroupName'], ['TeamName']] },
  target_type: { from: [['ItemType'], ['EntityType']] },
  event_severity: {
    ...member('Severity'),
    as: 'lower',
    map: { informational: 'informational', low: 'low', medium: 'medium', high: 'high' },
  },
  ...ocsfByAction(member('Operation').from, OCSF_RULES, { uid: api.uid, activity: api.other }),
  observables: {
    observables: [
      { type: 'ip', from: ADDRESSES },
      { type: 'email', from: [...member('UserId').from, ['MailboxOwnerUPN'], ['TargetUserOrGroupName']] },
      {
        type: 'email',
        from: [
          ['Parameters', EACH, 'Value'],
          ['parameters', EACH, 'Value'],
        ],
      },
      { type: 'url', from: [['ObjectId'], ['SiteUrl'], ['Site_Url']] },
    ],
  },
};

export const m365Audit = defineTable({
  name: 'm365_audit',
  kind: 'event',
  description: 'Microsoft 365 unified audit log: what users, administrators and services did in Exchange, SharePoint, Teams and others.',
  origin: 'microsoft.m365',
  partition: 'event_time',
  cluster: ['workload', 'operation', 'user_id', 'src_ip'],
  requirePartitionFilter: true,
  time: { from: [...member('CreationTime').from, ['TimeGenerated']], as: 'rfc3339_utc' },
  key: { class: 'A', parts: [['Id']], alternatives: [[['id']], [['OfficeId']]] },
  volatile: [],
  columns: [...COMMON, ...EXCHANGE, ...SHAREPOINT, ...DIRECTORY, ...OTHERS],
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Which mailboxes forward mail, and to where?',
      sql: `SELECT event_time, actor_id, src_ip, operation, target_id, parameter.name, parameter.value
FROM lake.m365_audit, UNNEST(parameters) AS parameter
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND operation IN ('Set-Mailbox', 'New-InboxRule', 'Set-InboxRule')
  AND parameter.name IN ('ForwardingSmtpAddress', 'ForwardingAddress', 'ForwardTo', 'RedirectTo', 'ForwardAsAttachmentTo')
ORDER BY event_time`,
    },
    {
      question: 'From where were sign-ins refused most often?',
      sql: `SELECT src_ip, COUNT(*) AS failures, COUNT(DISTINCT user_id) AS users
FROM lake.m365_audit
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
  AND operation = 'UserLoginFailed'
GROUP BY src_ip
ORDER BY failures DESC
LIMIT 20`,
    },
    {
      question: 'Whose mail was read by somebody else?',
      sql: `SELECT event_time, user_id, mailbox_owner_upn, src_ip, client_info_string
FROM lake.m365_audit
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND operation = 'MailItemsAccessed'
  AND LOWER(user_id) != LOWER(mailbox_owner_upn)
ORDER BY event_time`,
    },
  ],
});
