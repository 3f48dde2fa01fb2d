import fc from 'fast-check';
import { Bytes } from '../../../activities/transform/bytes';
import { parseTime, toMicros, writeTime } from '../../../activities/transform/time';
import type { Conversion } from '../../../schemas/table';

/** The time in the form of a column, or the code of the fault. */
function written(text: string, as: Conversion = 'rfc3339'): string {
  const time = parseTime(text, as);
  if (typeof time === 'string') return time;
  const out = new Bytes();
  writeTime(out, time);
  return out.toString();
}

describe('times', () => {
  test.each([
    ['2026-11-01T10:00:00Z', '2026-11-01T10:00:00Z'],
    ['2026-11-01T10:00:00.1Z', '2026-11-01T10:00:00.100000Z'],
    ['2026-11-01T10:00:00.123456789Z', '2026-11-01T10:00:00.123456Z'],
    ['2026-11-01T23:59:59.999999999Z', '2026-11-01T23:59:59.999999Z'],
    ['2026-11-01t10:00:00z', '2026-11-01T10:00:00Z'],
    ['2026-11-01 10:00:00+09:00', '2026-11-01T01:00:00Z'],
    ['2026-11-01T10:00:00.5-0330', '2026-11-01T13:30:00.500000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['1969-12-31T23:59:59.25Z', '1969-12-31T23:59:59.250000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(written(text)).toBe(expected);
  });

  test.each([
    '2026-11-01T10:00:00',
    '2023-03-08 18:52:52.114',
    '2026-11-01',
    '2026-13-01T10:00:00Z',
    '2023-02-29T10:00:00Z',
    '2026-11-01T24:00:00Z',
    '2026-11-01T10:60:00Z',
    '2026-11-01T10:00:61Z',
    '2026-11-01T10:00:00.Z',
    '2026-11-01T10:00:00.1234567890Z',
    '2026-11-01T10:00:00+24:00',
    '2026-11-01T10:00:00+9:00',
    '2026-11-01T10:00:00ZZ',
    '2026-11-01T10:00:00Z ',
    'soon',
    '',
  ])('does not take %j for a time', (text) => {
    expect(written(text)).toBe('TYPE_MISMATCH');
  });

  test('takes a time without a zone for UTC only where the vendor documents that', () => {
    expect(written('2023-03-08 18:52:52.114', 'rfc3339_utc')).toBe('2023-03-08T18:52:52.114000Z');
    expect(written('2023-03-08T18:52:52', 'rfc3339_utc')).toBe('2023-03-08T18:52:52Z');
    expect(written('2021-08-11 15:35:06.914207 UTC', 'rfc3339_utc')).toBe('2021-08-11T15:35:06.914207Z');
    expect(written('2021-08-11 15:35:06.914207 CET', 'rfc3339_utc')).toBe('TYPE_MISMATCH');
    expect(written('2023-03-08T18:52:52+01:00', 'rfc3339_utc')).toBe('2023-03-08T17:52:52Z');
    expect(written('2023-03-08T18:52:5', 'rfc3339_utc')).toBe('TYPE_MISMATCH');
    expect(written('2023-03-08', 'rfc3339_utc')).toBe('TYPE_MISMATCH');
  });

  test('tells a time that no column can hold from one that is none', () => {
    expect(written('0000-06-01T00:00:00Z')).toBe('OUT_OF_RANGE');
    expect(written('9999-12-31T23:59:59-01:00')).toBe('OUT_OF_RANGE');
    expect(written('99999999999999', 'epoch_s')).toBe('OUT_OF_RANGE');
  });

  test.each([
    ['1647987178.916001', 'epoch_s', '2022-03-22T22:12:58.916001Z'],
    ['1647987178', 'epoch_s', '2022-03-22T22:12:58Z'],
    ['1647987178916', 'epoch_ms', '2022-03-22T22:12:58.916000Z'],
    ['1647987178916001', 'epoch_us', '2022-03-22T22:12:58.916001Z'],
    ['1685022245478445995', 'epoch_ns', '2023-05-25T13:44:05.478445Z'],
    ['-1', 'epoch_ms', '1969-12-31T23:59:59.999000Z'],
    ['-0.5', 'epoch_s', '1969-12-31T23:59:59.500000Z'],
  ] as const)('reads %s %s as %s', (text, as, expected) => {
    expect(written(text, as)).toBe(expected);
  });

  test('takes the date that a tool printed a count from the epoch as, in UTC', () => {
    expect(written('2022-07-28 15:22:32', 'epoch_s')).toBe('2022-07-28T15:22:32Z');
    expect(written('2022-08-16 16:56:49.309', 'epoch_ms')).toBe('2022-08-16T16:56:49.309000Z');
    expect(written('2022-08-16T16:56:49+02:00', 'epoch_ns')).toBe('2022-08-16T14:56:49Z');
    expect(written('2024-12-17 00:00:00000000', 'epoch_ms')).toBe('TYPE_MISMATCH');
    expect(written('2022-08', 'epoch_s')).toBe('TYPE_MISMATCH');
  });

  test('agrees with Date for every millisecond it can name', () => {
    const dates = fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const time = parseTime(date.toISOString(), 'rfc3339');
        if (typeof time === 'string') throw new Error(time);
        expect(toMicros(time)).toBe(BigInt(date.getTime()) * 1_000n);
        expect(Date.parse(written(date.toISOString()))).toBe(date.getTime());
      }),
    );
  });

  test('never throws, whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom<Conversion>('rfc3339', 'rfc3339_utc', 'epoch_s', 'epoch_ms', 'epoch_us', 'epoch_ns'),
        (text, as) => {
          expect(typeof written(text, as)).toBe('string');
        },
      ),
    );
  });
});
