/** Cloud Asset Inventory, content type RESOURCE: how each resource was configured. */
import { inAsset, cloudAssetTable } from './shared/cloud-asset';
import { json, text } from './shared/column';

export const gcpAsset = cloudAssetTable({
  name: 'gcp_asset',
  description: 'Resources of Google Cloud (Cloud Asset Inventory): each change of a resource that was seen.',
  contentType: 'resource',
  content: [
    text('resource_version', 'Version of the API the data are of.', { from: inAsset(['resource', 'version']) }),
    text('resource_discovery_name', 'Name of the kind in its API.', {
      from: inAsset(['resource', 'discoveryName'], ['resource', 'discovery_name']),
    }),
    text('resource_parent', 'Full name of the parent.', { from: inAsset(['resource', 'parent']) }),
    text('resource_location', 'Place of the resource.', { from: inAsset(['resource', 'location']) }),
    json('resource_data', 'The resource, as its own API tells it.', { from: inAsset(['resource', 'data']), sensitivity: 'personal' }),
  ],
  examples: [
    {
      question: 'How many assets of each type are there now?',
      sql: `SELECT asset_type, COUNT(*) AS assets
FROM lake.gcp_asset_latest
WHERE NOT deleted
GROUP BY asset_type
ORDER BY assets DESC`,
    },
    {
      question: 'What was changed on a resource, and when?',
      sql: `SELECT valid_from, valid_to, deleted, resource_data
FROM lake.gcp_asset_history
WHERE name = '//storage.googleapis.com/example-bucket'
ORDER BY valid_from`,
    },
  ],
});
