/** Cloud Asset Inventory, content type ACCESS_POLICY: access levels and service perimeters. */
import { cloudAssetTable, inAsset } from './shared/cloud-asset';
import { json } from './shared/column';

export const gcpAssetAccessPolicy = cloudAssetTable({
  name: 'gcp_asset_access_policy',
  description: 'Access policies, access levels and service perimeters of Google Cloud: each change that was seen.',
  contentType: 'access_policy',
  // All levels and perimeters of an organization are assets of the organization's name.
  within: inAsset(
    ['accessLevel', 'name'],
    ['access_level', 'name'],
    ['servicePerimeter', 'name'],
    ['service_perimeter', 'name'],
    ['accessPolicy', 'name'],
    ['access_policy', 'name'],
  ),
  content: [
    json('access_policy', 'The policy of the organization.', { from: inAsset(['accessPolicy'], ['access_policy']) }),
    json('access_level', 'The access level.', { from: inAsset(['accessLevel'], ['access_level']), sensitivity: 'personal' }),
    json('service_perimeter', 'The perimeter, and what may cross it.', {
      from: inAsset(['servicePerimeter'], ['service_perimeter']),
      sensitivity: 'personal',
    }),
  ],
  examples: [
    {
      question: 'Which perimeters changed lately?',
      sql: `SELECT valid_from, name, service_perimeter
FROM lake.gcp_asset_access_policy_history
WHERE valid_from >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY) AND service_perimeter IS NOT NULL
ORDER BY valid_from DESC`,
    },
  ],
});
