/** 1Password sign-in attempts. https://developer.1password.com/docs/events-api/reference/#post-apiv2signinattempts */
import { json, text } from './shared/column';
import { OCSF } from './shared/ocsf';
import { ACCOUNT_UUID, CLIENT, LOCATION, onepasswordTable, TIMESTAMP, userColumn, UUID } from './shared/onepassword';

export const onepasswordSigninAttempt = onepasswordTable('signin_attempt', {
  description: 'Attempts to sign in to a 1Password account, and how they ended.',
  cluster: ['outcome', 'actor_email', 'src_ip'],
  columns: [
    UUID,
    TIMESTAMP,
    ACCOUNT_UUID,
    text('onepassword_session_uuid', 'Session the attempt was made in; equals session_id.', { from: [['session_uuid']] }),
    text('country', 'Country of the address, ISO 3166-1.'),
    text(
      'category',
      'success, credentials_failed, mfa_failed, sso_failed, modern_version_failed, firewall_failed, firewall_reported_success.',
    ),
    text('type', 'How it ended in detail: credentials_ok, password_secret_bad, mfa_missing, totp_bad, ….'),
    json('details', 'More about the result, such as the value a firewall rule refused.'),
    userColumn('target_user', 'User whose account it was.'),
    CLIENT,
    LOCATION,
  ],
  envelope: {
    action: { from: [['category']] },
    // firewall_reported_success: signed in, and a rule that only reports was met.
    outcome: {
      from: [['category']],
      map: {
        success: 'success',
        firewall_reported_success: 'success',
        credentials_failed: 'failure',
        mfa_failed: 'failure',
        sso_failed: 'failure',
        modern_version_failed: 'failure',
        firewall_failed: 'failure',
      },
    },
    outcome_reason: { from: [['type']] },
    actor_id: { from: [['target_user', 'uuid']] },
    actor_email: { from: [['target_user', 'email']], as: 'email' },
    actor_name: { from: [['target_user', 'name']] },
    actor_type: { from: [['target_user', 'type']], map: { user: 'user', service_account: 'service_account' } },
    src_ip: { from: [['client', 'ip_address']], as: 'ip' },
    session_id: { from: [['session_uuid']] },
    target_id: { from: [['account_uuid']] },
    ocsf_class_uid: { constant: OCSF.authentication.uid },
    ocsf_activity_id: { constant: OCSF.authentication.logon },
    observables: {
      observables: [
        { type: 'ip', from: [['client', 'ip_address']] },
        { type: 'email', from: [['target_user', 'email']] },
      ],
    },
  },
  examples: [
    {
      question: 'Which addresses failed to sign in to several accounts?',
      sql: `SELECT src_ip, country, COUNT(DISTINCT actor_email) AS users, COUNT(*) AS attempts
FROM lake.onepassword_signin_attempt
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY) AND outcome = 'failure'
GROUP BY src_ip, country
HAVING users > 1
ORDER BY attempts DESC`,
    },
    {
      question: 'Who signed in from a country where nobody of the account did in the month before?',
      sql: `SELECT timestamp, actor_email, src_ip, country, client.app_name
FROM lake.onepassword_signin_attempt
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) AND outcome = 'success'
  AND country NOT IN (
    SELECT country FROM lake.onepassword_signin_attempt
    WHERE timestamp BETWEEN TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 31 DAY) AND TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
      AND outcome = 'success' AND country IS NOT NULL)
ORDER BY timestamp DESC`,
    },
  ],
});
