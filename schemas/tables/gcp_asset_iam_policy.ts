/** Cloud Asset Inventory, content type IAM_POLICY: who may do what on each resource. */
import { cloudAssetTable, inAsset } from './shared/cloud-asset';
import { json, record, repeated, text } from './shared/column';

export const gcpAssetIamPolicy = cloudAssetTable({
  name: 'gcp_asset_iam_policy',
  description: 'IAM policies of Google Cloud resources (Cloud Asset Inventory): each change of a policy that was seen.',
  contentType: 'iam_policy',
  content: [
    record(
      'bindings',
      'Who has which role.',
      [
        text('role', 'The role.'),
        text('members', 'Who has it.', { ...repeated, sensitivity: 'personal' }),
        json('condition', 'When it holds.'),
      ],
      { ...repeated, from: inAsset(['iamPolicy', 'bindings'], ['iam_policy', 'bindings']) },
    ),
    json('iam_policy', 'The policy whole, with its audit configuration.', {
      from: inAsset(['iamPolicy'], ['iam_policy']),
      sensitivity: 'personal',
    }),
  ],
  examples: [
    {
      question: 'Who owns a project now?',
      sql: `SELECT name, member
FROM lake.gcp_asset_iam_policy_latest, UNNEST(bindings) AS binding, UNNEST(binding.members) AS member
WHERE NOT deleted AND binding.role = 'roles/owner' AND asset_type = 'cloudresourcemanager.googleapis.com/Project'`,
    },
  ],
});
