import { toFailure } from '../../activities';
import { TidemarkError } from '../../activities/errors';

describe('toFailure()', () => {
  it('keeps code, message, context and the wait the vendor asked for', () => {
    const error = new TidemarkError('SRC_RATE_LIMITED', 'the quota is spent', { context: { stream: 'activity' }, retryAfterMs: 5_000 });
    expect(toFailure(error)).toMatchObject({
      type: 'SRC_RATE_LIMITED',
      message: 'the quota is spent',
      nonRetryable: false,
      nextRetryDelay: 5_000,
      details: [{ stream: 'activity' }],
    });
  });

  it('does not retry what waiting cannot cure', () => {
    expect(toFailure(new TidemarkError('SRC_AUTH_REFUSED', 'no'))).toMatchObject({ type: 'SRC_AUTH_REFUSED', nonRetryable: true });
  });

  it('lets no text of an error without a code into a history', () => {
    const quoting = new SyntaxError('Unexpected token in {"password":"hunter2"}');
    const failure = toFailure(quoting);
    expect(failure).toMatchObject({ type: 'PROGRAM_FAULT', nonRetryable: false });
    expect(JSON.stringify([failure.message, failure.details, failure.cause ?? null])).not.toContain('hunter2');
  });
});
