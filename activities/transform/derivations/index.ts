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
};

/** For `observables`. */
export const OBSERVABLE_DERIVATIONS: Readonly<Record<string, Derivation<readonly Observable[]>>> = {
  'cloud_audit.observables': auditObservables,
};
