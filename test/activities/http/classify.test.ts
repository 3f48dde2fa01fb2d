import fc from 'fast-check';

import { ERRORS } from '../../../activities/errors';
import { judge, parseVendorError, STATUS_RULES, WORD_RULES } from '../../../activities/http/classify';

describe('judge()', () => {
  it('repeats a request only where the registry calls the error passing', () => {
    const verdicts = [...STATUS_RULES, ...Object.values(WORD_RULES)];
    expect(verdicts.filter(({ code, retry }) => retry && !ERRORS[code].retryable)).toEqual([]);
  });

  it.each([
    [300, 'SRC_ORIGIN_REFUSED', false],
    [308, 'SRC_ORIGIN_REFUSED', false],
    [400, 'SRC_REQUEST_REFUSED', false],
    [401, 'SRC_AUTH_REFUSED', false],
    [402, 'SRC_REQUEST_REFUSED', false],
    [403, 'SRC_PERMISSION_DENIED', false],
    [408, 'SRC_UNAVAILABLE', true],
    [418, 'SRC_REQUEST_REFUSED', false],
    [429, 'SRC_RATE_LIMITED', true],
    [499, 'SRC_REQUEST_REFUSED', false],
    [500, 'SRC_UNAVAILABLE', true],
    [504, 'SRC_UNAVAILABLE', true],
    [599, 'SRC_UNAVAILABLE', true],
    [799, 'SRC_UNAVAILABLE', false],
  ])('reads status %i as %s', (status, code, retry) => {
    expect(judge(status, [])).toMatchObject({ code, retry });
  });

  it("believes the vendor's word for a spent quota before the status, and no inherited name", () => {
    expect(judge(403, ['PERMISSION_DENIED', 'userRateLimitExceeded'])).toEqual({ code: 'SRC_RATE_LIMITED', retry: true });
    expect(judge(403, ['constructor', 'toString'])).toMatchObject({ code: 'SRC_PERMISSION_DENIED' });
  });
});

describe('parseVendorError()', () => {
  it('reads the error object as Google documents it', () => {
    const body = `{
  "error": {
    "code": 403,
    "message": "Logging API has not been used in project example before or it is disabled.",
    "status": "PERMISSION_DENIED",
    "errors": [{ "reason": "accessNotConfigured", "domain": "usageLimits" }],
    "details": [
      { "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED" },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.25s" }
    ]
  }
}`;
    const expected = {
      words: ['PERMISSION_DENIED', 'accessNotConfigured'],
      message: 'Logging API has not been used in project example before or it is disabled.',
      retryAfterMs: 250,
    };
    expect(parseVendorError(body, '')).toEqual(expected);
    expect(parseVendorError(`[${body}]`, '')).toEqual(expected);
  });

  it.each([
    '',
    'null',
    '[]',
    '[null]',
    '"error"',
    '{"error":"invalid_grant"}',
    '{"error":null}',
    '<html>',
    '{"error":{"message":{},"status":7,"details":{}}}',
  ])('finds nothing to repeat in %j', (body) => {
    expect(parseVendorError(body, '')).toEqual({ words: [], message: '', retryAfterMs: undefined });
  });

  it('never throws and never gives more than a short line without the token, whatever a body holds', () => {
    const token = 'ya29.secret';
    const textual = fc
      .array(fc.oneof(fc.constant(token), fc.string({ unit: 'binary' }), fc.constant('x'.repeat(290))))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ error: fc.record({ message: textual, status: textual, details: fc.jsonValue() }) })),
        (value) => {
          const { message, words } = parseVendorError(JSON.stringify(value), token);
          expect(message.length).toBeLessThanOrEqual(301);
          expect(message).not.toMatch(/[\n\r\u2028\u2029\0]/);
          expect([message, ...words].filter((text) => text.includes(token))).toEqual([]);
        },
      ),
    );
  });
});
