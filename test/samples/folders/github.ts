/**
 * GitHub audit log entries of Panther's rule tests, and webhook bodies of Octokit and of Panther. A body comes with headers
 * that name its event, and those are not in the samples: here the receiver's record is put around the body's exact text, with
 * the event that the folder's index names (Octokit) or that only a body of these members can be of (Panther). No delivery has
 * an identifier, since none is known.
 */
import { isIP } from 'node:net';
import type { Sample, SampleFolder } from '../folder';

interface Entry {
  readonly '@timestamp'?: number;
  readonly at_sign_timestamp?: string;
  readonly created_at?: number | string;
  readonly actor?: string;
  readonly actor_ip?: string;
  readonly user_agent?: string;
  readonly conclusion?: string;
  readonly user?: string;
  readonly repo?: string;
  readonly org?: string;
}

interface Delivery {
  readonly body: {
    readonly sender?: { readonly login: string };
    readonly pusher?: { readonly name?: string; readonly email?: string };
    readonly repository?: object;
    readonly organization?: object;
    readonly workflow_job?: { readonly conclusion?: string };
    readonly security_advisory?: object;
  };
}

/** Octokit's examples lie in a folder per event. */
const OCTOKIT_EVENT = /^payload-examples\/api\.github\.com\/([^/]+)\//;

/** Members that tell the event of a body, the first of them that is there. https://docs.github.com/en/webhooks/webhook-events-and-payloads */
const EVENT_OF_MEMBER: readonly (readonly [readonly string[], string])[] = [
  [['pusher'], 'push'],
  [['commits'], 'push'],
  [['workflow_run'], 'workflow_run'],
  [['workflow_job'], 'workflow_job'],
  [['comment', 'issue'], 'issue_comment'],
  [['comment', 'pull_request'], 'pull_request_review_comment'],
  [['review', 'pull_request'], 'pull_request_review'],
  [['pull_request'], 'pull_request'],
];

/** `{"action":"push"}` and `{"action":"opened"}` alone are what rule tests make up; their action is all there is to go by. */
function eventOfBody(body: Record<string, unknown>): string {
  const event = EVENT_OF_MEMBER.find(([members]) => members.every((member) => member in body))?.[1];
  return event ?? (body['action'] === 'push' ? 'push' : 'repository');
}

function delivery(file: string, body: string, event: string): Sample {
  const head = JSON.stringify({ received_at: '2026-11-01T10:00:00.000Z', headers: { 'x-github-event': event } });
  return { file, table: 'github_webhook', item: Buffer.from(`${head.slice(0, -1)},"body":${body}}`) };
}

/** A time is a count of milliseconds, or the text a tool made of it; `2024-12-17 00:00:00000000` of one rule's tests is no time. */
const isTime = (time: unknown): boolean => typeof time === 'number' || /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/.test(String(time));

function auditEntry(file: string, line: string): Sample {
  const item = Buffer.from(line);
  const entry = JSON.parse(line) as Entry;
  const sample = { file, table: 'github_audit_log', item };
  return isTime(entry['@timestamp'] ?? entry.at_sign_timestamp ?? entry.created_at) ? sample : { ...sample, reject: 'NO_EVENT_TIME' };
}

const expectsOfEntry = (entry: Entry): [string, boolean][] => [
  ['actor_id', Boolean(entry.actor)],
  ['actor_name', Boolean(entry.actor)],
  ['src_ip', isIP(entry.actor_ip ?? '') !== 0],
  ['user_agent', entry.user_agent !== undefined],
  ['outcome', entry.conclusion !== undefined],
  ['target_id', Boolean(entry.user) || Boolean(entry.repo) || Boolean(entry.org)],
  ['target_name', Boolean(entry.user) || Boolean(entry.repo) || Boolean(entry.org)],
  ['target_type', Boolean(entry.user) || Boolean(entry.repo) || Boolean(entry.org)],
];

const expectsOfDelivery = ({ body }: Delivery): [string, boolean][] => [
  ['actor_id', (body.sender?.login ?? body.pusher?.name) !== undefined],
  ['actor_name', (body.sender?.login ?? body.pusher?.name) !== undefined],
  ['actor_email', body.pusher?.email !== undefined],
  ['outcome', body.workflow_job?.conclusion !== undefined],
  ['event_severity', body.security_advisory !== undefined],
  ['target_id', (body.repository ?? body.organization) !== undefined],
  ['target_name', (body.repository ?? body.organization) !== undefined],
  ['target_type', (body.repository ?? body.organization) !== undefined],
];

export const github: SampleFolder = {
  folder: 'github',
  excluded: {},
  read: ({ name, lines, origins }) =>
    lines.map((line, at) => {
      if (name === 'panther_github_audit.ndjson') return auditEntry(name, line);
      const event = OCTOKIT_EVENT.exec(origins[at] ?? '')?.[1];
      return delivery(name, line, event ?? eventOfBody(JSON.parse(line) as Record<string, unknown>));
    }),
  expects: ({ table, item }) => {
    const record = JSON.parse(item.toString()) as Entry & Delivery;
    const columns = table === 'github_audit_log' ? expectsOfEntry(record) : expectsOfDelivery(record);
    return columns.filter(([, said]) => said).map(([name]) => name);
  },
};
