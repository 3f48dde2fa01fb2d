/**
 * `userIdentity` of CloudTrail: who made a request, and by which credentials.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
import { flag, instant, json, personal, record, text } from './column';
import { member } from './member';

/** CloudTrail writes some booleans as text, and LookupEvents writes all so. */
export const boolText = { as: 'bool_text' } as const;

const SESSION_ISSUER = record(
  'session_issuer',
  'Who the temporary credentials were issued to.',
  [
    text('type', 'Kind of issuer: Role, IAMUser, Root, ….'),
    text('principal_id', 'Unique identifier of the issuer.', member('principalId')),
    text('arn', 'Amazon Resource Name of the issuer.', personal),
    text('account_id', 'Account of the issuer.', member('accountId')),
    text('user_name', 'Name of the role or user.', { ...member('userName'), ...personal }),
  ],
  member('sessionIssuer'),
);

const SESSION_CONTEXT = record(
  'session_context',
  'Session of temporary credentials.',
  [
    SESSION_ISSUER,
    record(
      'attributes',
      'Facts about the session.',
      [
        instant('creation_date', 'When the credentials were issued.', member('creationDate')),
        flag('mfa_authenticated', 'Whether a second factor was used for the credentials.', { ...member('mfaAuthenticated'), ...boolText }),
      ],
      { from: [['attributes']] },
    ),
    record(
      'web_id_federation_data',
      'Identity provider, where the credentials came by web identity federation.',
      [
        text('federated_provider', 'Identity provider.', { from: [['federatedProvider']] }),
        json('attributes', 'Application and user as the provider names them.', personal),
      ],
      member('webIdFederationData'),
    ),
    text('source_identity', 'Identity the first caller of a role chain set; it cannot be changed later.', {
      ...member('sourceIdentity'),
      ...personal,
    }),
    text('ec2_role_delivery', 'Version of the instance metadata service that gave the credentials: 1.0 or 2.0.', member('ec2RoleDelivery')),
    flag('assumed_root', 'Whether the session is of AssumeRoot.', { ...member('assumedRoot'), ...boolText }),
  ],
  member('sessionContext'),
);

export const USER_IDENTITY = record(
  'user_identity',
  'Who made the request.',
  [
    text('type', 'Kind of identity: Root, IAMUser, AssumedRole, Role, FederatedUser, WebIdentityUser, AWSAccount, AWSService, ….'),
    text('user_name', 'Friendly name of the identity.', { ...member('userName'), ...personal }),
    text('principal_id', 'Unique identifier; for temporary credentials with the name of the session.', {
      ...member('principalId'),
      ...personal,
    }),
    text('arn', 'Amazon Resource Name of the identity.', personal),
    text('account_id', 'Account that granted the permissions.', member('accountId')),
    text('access_key_id', 'Identifier of the access key the request was signed with; no secret.', member('accessKeyId')),
    text('invoked_by', 'AWS service that made the request for the identity.', member('invokedBy')),
    text('identity_provider', 'Identity provider of a federated user.', member('identityProvider')),
    text('credential_id', 'Credential of the request, for bearer tokens of IAM Identity Center.', member('credentialId')),
    record(
      'on_behalf_of',
      'User of IAM Identity Center the request was made for.',
      [
        text('user_id', 'Identifier of the user.', { from: [['userId']], ...personal }),
        text('identity_store_arn', 'Identity store of the user.', { from: [['identityStoreArn']] }),
      ],
      member('onBehalfOf'),
    ),
    record(
      'in_scope_of',
      'Resource the credentials were issued to.',
      [
        text('source_arn', 'Amazon Resource Name of the resource.', { from: [['sourceArn']] }),
        text('source_account', 'Account of the resource.', { from: [['sourceAccount']] }),
        text('issuer_type', 'Kind of resource, for example AWS::Lambda::Function.', { from: [['issuerType']] }),
        text('credentials_issued_to', 'Resource the credentials were issued to.', { from: [['credentialsIssuedTo']] }),
      ],
      member('inScopeOf'),
    ),
    SESSION_CONTEXT,
  ],
  { ...member('userIdentity'), ...personal },
);
