/** Assets out of the tests of policy tools: many of them are variants of one asset, so at one read time they contradict each other. */
import type { SampleFolder } from '../folder';

interface Asset {
  readonly asset?: Asset;
  readonly resource?: object;
  readonly iam_policy?: object;
}

/** Each content type is a listing of its own, and a table of its own. */
function tableOf(asset: Asset): string {
  if (asset.asset !== undefined) return tableOf(asset.asset);
  if (asset.iam_policy !== undefined) return 'gcp_asset_iam_policy';
  return asset.resource === undefined ? 'gcp_asset_access_policy' : 'gcp_asset';
}

export const cai: SampleFolder = {
  folder: 'cai',
  excluded: {},
  read: ({ name, lines }) => lines.map((line) => ({ file: name, table: tableOf(JSON.parse(line) as Asset), item: Buffer.from(line) })),
  expects: () => ['object_id', 'target_id', 'target_type'],
};
