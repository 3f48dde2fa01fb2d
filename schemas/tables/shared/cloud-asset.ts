/**
 * What the tables of Cloud Asset Inventory share: one per content type, since each pass over an organization gives one, and an asset
 * has a resource and a policy at once. All types of assets are in one table; what is their own is JSON, and typed views are made of it.
 * https://cloud.google.com/asset-inventory/docs/reference/rest/v1/TopLevel/exportAssets
 */
import { defineTable, type Column, type Example, type Path } from '../../table';
import { instant, repeated, text } from './column';
import { OCSF } from './ocsf';

/** On its own in lists and exports, below `asset` with its window in histories and feeds; in camelCase or, in exports, in snake_case. */
export const inAsset = (...names: readonly (readonly string[])[]): readonly Path[] =>
  names.flatMap((steps) => [steps, ['asset', ...steps]]);

export function cloudAssetTable(options: {
  readonly name: string;
  readonly description: string;
  /** Part of the origin: the resource and the policy of an asset are two objects. */
  readonly contentType: 'resource' | 'iam_policy' | 'access_policy';
  /** What tells objects of one asset apart, where it has several. */
  readonly within?: readonly Path[];
  /** The columns of the content. */
  readonly content: readonly Column[];
  readonly examples: readonly Example[];
}) {
  return defineTable({
    name: options.name,
    kind: 'state',
    description: options.description,
    origin: `google.asset_inventory.${options.contentType}`,
    partition: 'observed_at',
    cluster: ['asset_type', 'object_id'],
    requirePartitionFilter: false,
    // A listing has one read time for all; a history or a feed says since when each was as it is.
    time: {
      from: [['window', 'startTime'], ['window', 'start_time'], ...inAsset(['updateTime'], ['update_time'])],
      as: 'rfc3339_utc',
    },
    key: null,
    object: [inAsset(['name']), inAsset(['assetType'], ['asset_type']), ...(options.within === undefined ? [] : [options.within])],
    // When it was read or changed is not what it is.
    volatile: [['window'], ['priorAsset'], ['priorAssetState'], ...inAsset(['updateTime'], ['update_time'])],
    columns: [
      text('name', 'Full resource name.', { from: inAsset(['name']) }),
      text('asset_type', 'Type of the asset: service and kind.', { from: inAsset(['assetType'], ['asset_type']) }),
      text('ancestors', 'Project, folders and organization above it, the nearest first.', { ...repeated, from: inAsset(['ancestors']) }),
      text('ancestry_path', 'The same as a path, as some tools write it.', { from: inAsset(['ancestryPath'], ['ancestry_path']) }),
      instant('update_time', 'When the vendor last saw it change.', { from: inAsset(['updateTime'], ['update_time']) }),
      ...options.content,
    ],
    envelope: {
      action: { constant: 'observed' },
      target_id: { from: inAsset(['name']) },
      target_type: { from: inAsset(['assetType'], ['asset_type']) },
      ocsf_class_uid: { constant: OCSF.cloudInventory.uid },
      ocsf_activity_id: { constant: OCSF.cloudInventory.collect },
    },
    examples: options.examples,
  });
}
