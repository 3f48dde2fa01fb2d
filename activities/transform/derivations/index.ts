/** Derivations by the names table definitions use. */
import type { Derivation, Observable } from '../derivation';
import {
  actorEmail,
  actorType,
  auditObservables,
  destinationIp,
  ocsfActivity,
  outcome,
  outcomeOfDenial,
  severity,
  sourceIp,
  targetName,
} from './cloud-logging';
import { actorEmail as awsActorEmail } from './aws';
import { ocsfActivity as azureOcsfActivity, targetName as azureTargetName, targetType as azureTargetType } from './azure';
import {
  initiatorEmail,
  initiatorId,
  initiatorIp,
  initiatorName,
  initiatorType,
  targetId,
  targetName as entraTargetName,
  targetType,
} from './entra';
import { webhookAction } from './github';

/** For columns that hold one value. */
export const VALUE_DERIVATIONS: Readonly<Record<string, Derivation<string | number>>> = {
  'cloud_logging.severity': severity,
  'cloud_audit.outcome': outcome,
  'cloud_audit.outcome_of_denial': outcomeOfDenial,
  'cloud_audit.actor_email': actorEmail,
  'cloud_audit.actor_type': actorType,
  'cloud_audit.src_ip': sourceIp,
  'cloud_audit.dst_ip': destinationIp,
  'cloud_audit.target_name': targetName,
  'cloud_audit.ocsf_activity_id': ocsfActivity,
  'aws.actor_email': awsActorEmail,
  'azure.ocsf_activity_id': azureOcsfActivity,
  'azure.target_name': azureTargetName,
  'azure.target_type': azureTargetType,
  'entra.initiator_id': initiatorId,
  'entra.initiator_email': initiatorEmail,
  'entra.initiator_name': initiatorName,
  'entra.initiator_ip': initiatorIp,
  'entra.initiator_type': initiatorType,
  'entra.target_id': targetId,
  'entra.target_name': entraTargetName,
  'entra.target_type': targetType,
  'github.webhook_action': webhookAction,
};

/** For `observables`. */
export const OBSERVABLE_DERIVATIONS: Readonly<Record<string, Derivation<readonly Observable[]>>> = {
  'cloud_audit.observables': auditObservables,
};
