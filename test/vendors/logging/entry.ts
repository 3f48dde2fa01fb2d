/**
 * From a slot of the timeline to the LogEntry as the API prints it: two-space indentation, `<` and `>` escaped, int64 as
 * text, timestamps with 0, 3, 6 or 9 decimals. A pure function of the slot.
 *
 * One whole entry in 2,000 is 20 to 60 kB. Entries in pieces are that large too: the real limit is 512 KiB, but what a
 * reader has to get right (same timestamp, appended index, lists cut across pieces) does not depend on the size.
 */
import { ACTIVITY, ACTIVITY_OPERATIONS } from './activity';
import { DATA_ACCESS, DATA_ACCESS_OPERATIONS } from './data-access';
import { type AuditEvent, type Json, remark, type Scene, type Template, userEmail } from './scene';
import { below, pick, type Random, randomOf } from './seeded';
import { POLICY, SYSTEM_EVENT } from './system-and-policy';
import { formatMoment, momentFrom } from './time';
import { type LogId, receivedAt, type Slot } from './timeline';

const TEMPLATES: Readonly<Record<LogId, readonly Template[]>> = {
  activity: ACTIVITY,
  data_access: DATA_ACCESS,
  system_event: SYSTEM_EVENT,
  policy: POLICY,
};
const OPERATIONS: Readonly<Record<LogId, readonly Template[]>> = {
  ...TEMPLATES,
  activity: ACTIVITY_OPERATIONS,
  data_access: DATA_ACCESS_OPERATIONS,
};

export interface EntryOptions {
  /** Organization number. */
  readonly organization: string;
  /** Project ids that entries of the organization's logs speak of. */
  readonly projects: readonly string[];
}

/** `logName|timestamp|insertId`: what makes an entry that entry. */
export const identityOf = (slot: Slot): string => `${slot.source.logName}|${formatMoment(slot)}|${slot.insertId}`;

function sceneOf(slot: Slot, random: Random, options: EntryOptions): Scene {
  const [kind, id = ''] = slot.source.container.split('/');
  const project = kind === 'projects' ? id : pick(random, options.projects);
  const time = (plusNs: number): string => formatMoment(momentFrom(slot.minute, slot.offsetNs + plusNs));
  return { random, organization: options.organization, project, phase: slot.phase, time };
}

/** A list of the size an audit entry of 20 to 60 kB holds. */
const largeList = (scene: Scene): Json[] =>
  Array.from({ length: 150 + below(scene.random, 300) }, (_, index) => ({
    name: `item-${String(index)}`,
    owner: userEmail(scene.random),
    note: remark(scene),
    etag: `v${String(below(scene.random, 1e9))}`,
  }));

/** The piece of a large entry: scalars stand in the first piece only, the list is cut inside one of its strings. */
function pieceOf(event: AuditEvent, scene: Scene, split: NonNullable<Slot['split']>): AuditEvent {
  const names = Array.from(
    { length: 900 + below(scene.random, 900) },
    (_, index) => `//cloudresourcemanager.googleapis.com/${String(index)}`,
  );
  const from = Math.floor((names.length * split.index) / split.total);
  const to = Math.floor((names.length * (split.index + 1)) / split.total);
  const list = names.slice(from, to);
  // The string at a seam is divided: its head ends one piece, its tail begins the next.
  if (split.index > 0) list.unshift((names[from - 1] ?? '').slice(20));
  if (split.index < split.total - 1) list.push((list.pop() ?? '').slice(0, 20));
  const response = {
    ...(split.index === 0 ? { '@type': 'type.googleapis.com/google.cloud.asset.v1.ListAssetsResponse', truncated: false } : {}),
    results: list,
  };
  return { ...event, payload: { ...event.payload, response } };
}

function eventOf(slot: Slot, scene: Scene): AuditEvent {
  const { random } = scene;
  const templates = slot.phase === 'only' ? TEMPLATES : OPERATIONS;
  const event = pick(random, templates[slot.source.logId])(scene);
  if (slot.split !== null) return pieceOf(event, scene, slot.split);
  if (slot.phase !== 'only' || below(random, 2000) !== 0) return event;
  return {
    ...event,
    payload: { ...event.payload, response: { '@type': 'type.googleapis.com/google.protobuf.Struct', items: largeList(scene) } },
  };
}

/** The entry as a value. */
export function entryOf(slot: Slot, options: EntryOptions): Json {
  const scene = sceneOf(slot, randomOf(slot.seed), options);
  const event = eventOf(slot, scene);
  return {
    protoPayload: event.payload,
    insertId: slot.insertId,
    resource: event.resource,
    timestamp: formatMoment(slot),
    severity: event.severity,
    ...(event.labels === undefined ? {} : { labels: event.labels }),
    logName: slot.source.logName,
    ...(event.operation === undefined ? {} : { operation: event.operation }),
    receiveTimestamp: formatMoment(receivedAt(slot)),
    ...(slot.split === null ? {} : { split: { uid: slot.split.uid, index: slot.split.index, totalSplits: slot.split.total } }),
  };
}

const HEAD = '{\n  "entries": [\n    ';
const TAIL = '\n  ]\n}';

/**
 * The entry's text inside an answer: members indented by six spaces, as it stands in the array `entries`. Printed within
 * such an array and cut out of it, which is several times faster than indenting the lines afterwards.
 */
export function entryText(slot: Slot, options: EntryOptions): string {
  const text = JSON.stringify({ entries: [entryOf(slot, options)] }, null, 2).slice(HEAD.length, -TAIL.length);
  if (!text.includes('<') && !text.includes('>')) return text;
  return text.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}

/**
 * A whole answer, as bytes: a string of a thousand entries would take twice the memory as soon as one of them has a
 * character beyond Latin-1. Members the answer does not have are left out, never null or empty.
 */
export function answerBytes(slots: readonly Slot[], nextPageToken: string | null, options: EntryOptions): Buffer {
  if (slots.length === 0)
    return Buffer.from(nextPageToken === null ? '{}\n' : `{\n  "nextPageToken": ${JSON.stringify(nextPageToken)}\n}\n`);
  const end = nextPageToken === null ? `${TAIL}\n` : `\n  ],\n  "nextPageToken": ${JSON.stringify(nextPageToken)}\n}\n`;
  const pieces = slots.map((slot, index) =>
    Buffer.from(`${index === 0 ? HEAD : ',\n    '}${entryText(slot, options)}${index === slots.length - 1 ? end : ''}`),
  );
  return Buffer.concat(pieces);
}
