/**
 * Derivations for AWS CloudTrail.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
import type { Derivation } from '../derivation';
import { emailOf } from '../values';

/**
 * The name of a user or the source identity of a session, where it is an e-mail address; else the name of the session, which
 * ends the ARN of an assumed role: IAM Identity Center and most identity providers put the address of the person there.
 */
export const actorEmail: Derivation<string> = (declare) => {
  const names = [declare('userIdentity', 'userName'), declare('userIdentity', 'sessionContext', 'sourceIdentity')];
  const arn = declare('userIdentity', 'arn');
  return (record) => {
    const session = record.text(arn)?.split('/').at(-1);
    return [...names.map((name) => record.text(name)), session]
      .map((text) => (text === undefined ? undefined : emailOf(text)))
      .find(Boolean);
  };
};
