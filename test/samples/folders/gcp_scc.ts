/** Findings of Security Command Center in the envelope of notifications; one file is a single finding over many lines. */
import { itemsOf, type SampleFolder } from '../folder';

interface Notification {
  readonly finding: { readonly severity?: string; readonly resourceName?: string };
  readonly resource?: { readonly type?: string; readonly displayName?: string };
}

export const gcpScc: SampleFolder = {
  folder: 'gcp_scc',
  excluded: {},
  read: (file) => itemsOf(file).map((item) => ({ file: file.name, table: 'gcp_scc_finding', item })),
  expects: ({ item }) => {
    const { finding, resource } = JSON.parse(item.toString()) as Notification;
    const columns: [string, boolean][] = [
      ['object_id', true],
      ['target_id', finding.resourceName !== undefined],
      ['target_name', Boolean(resource?.displayName)],
      ['target_type', Boolean(resource?.type)],
      ['event_severity', ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'].includes(finding.severity ?? '')],
    ];
    return columns.filter(([, said]) => said).map(([name]) => name);
  },
};
