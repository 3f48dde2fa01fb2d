/** CloudTrail: delivery files, bare records, the envelope of EventBridge, and answers of LookupEvents. */
import { isIP } from 'node:net';
import { elementsOf, memberOf } from '../containers';
import type { Sample, SampleFile, SampleFolder } from '../folder';

interface CloudtrailRecord {
  readonly eventTime?: string;
  readonly eventtime?: string;
  readonly '@timestamp'?: string;
  readonly sourceIPAddress?: string;
  readonly userAgent?: string;
  readonly userIdentity?: Readonly<Record<string, unknown>>;
  readonly resources?: readonly unknown[] | null;
  readonly errorCode?: string;
  readonly eventType?: string;
}

const parse = (item: Buffer): CloudtrailRecord => JSON.parse(item.toString()) as CloudtrailRecord;

async function recordsOf(file: SampleFile): Promise<readonly Buffer[]> {
  if (file.name.endsWith('.json')) return await elementsOf(file.text, 'Records');
  return file.lines.map((line) => {
    const outer = JSON.parse(line) as { CloudTrailEvent?: string; 'detail-type'?: string };
    if (outer.CloudTrailEvent !== undefined) return Buffer.from(outer.CloudTrailEvent);
    return (outer['detail-type'] === undefined ? undefined : memberOf(line, 'detail')) ?? Buffer.from(line);
  });
}

function sampleOf(file: string, item: Buffer): Sample {
  const record = parse(item);
  const time = record.eventTime ?? record.eventtime ?? record['@timestamp'] ?? '';
  // Records of rule tests were trimmed to what the rule looks at; in one the time is three dots.
  return { file, table: 'aws_cloudtrail', item, ...(/^\d{4}-/.test(time) ? {} : { reject: 'NO_EVENT_TIME' as const }) };
}

export const awsCloudtrail: SampleFolder = {
  folder: 'aws_cloudtrail',
  excluded: {},
  read: async (file) => (await recordsOf(file)).map((item) => sampleOf(file.name, item)),
  expects: ({ item }) => {
    const record = parse(item);
    const identity = record.userIdentity ?? {};
    const named = Object.keys(identity).some((name) => /^(arn|principalid|username|invokedby|accountid)$/i.test(name));
    return [
      ...(named ? ['actor_id'] : []),
      ...(typeof identity['type'] === 'string' && !['AWSAccount', 'Unknown'].includes(identity['type']) ? ['actor_type'] : []),
      ...(isIP(record.sourceIPAddress ?? '') === 0 ? [] : ['src_ip']),
      ...(record.userAgent === undefined || record.userAgent === '' ? [] : ['user_agent']),
      ...(record.errorCode ? ['outcome', 'outcome_reason'] : []),
      ...(record.eventType === 'AwsApiCall' ? ['outcome'] : []),
      ...(JSON.stringify(record.resources ?? []).includes('"arn:') ? ['target_id'] : []),
    ];
  },
};
