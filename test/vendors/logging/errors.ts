/** Refusals in the shapes Google's APIs use. */

/** Raised to answer a request with an error; never leaves the server. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;

  constructor(status: number, body: string, contentType: string) {
    super(`HTTP ${String(status)}`);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
    this.contentType = contentType;
  }
}

function googleError(code: number, status: string, message: string, details?: readonly unknown[]): ApiError {
  const body = JSON.stringify({ error: { code, message, status, ...(details === undefined ? {} : { details }) } }, null, 2);
  return new ApiError(code, `${body}\n`, 'application/json; charset=UTF-8');
}

export const invalidArgument = (message: string): ApiError => googleError(400, 'INVALID_ARGUMENT', message);

export const unauthenticated = (): ApiError =>
  googleError(
    401,
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
  );

export const permissionDenied = (resource: string): ApiError =>
  googleError(403, 'PERMISSION_DENIED', `Permission 'logging.logEntries.list' denied on resource '${resource}' (or it may not exist).`);

export const notFound = (): ApiError => googleError(404, 'NOT_FOUND', 'Method not found.');

/** What the Logging API answers when a page token comes with other parameters than it was issued for. */
export const tokenMismatch = (): ApiError => invalidArgument("page_token doesn't match arguments from the request");

export const tokenRefused = (): ApiError => invalidArgument('page_token is invalid or has expired');

export const rateLimited = (limit: number): ApiError =>
  googleError(
    429,
    'RESOURCE_EXHAUSTED',
    "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service 'logging.googleapis.com' for consumer 'project_number:400000000001'.",
    [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'RATE_LIMIT_EXCEEDED',
        domain: 'googleapis.com',
        metadata: {
          service: 'logging.googleapis.com',
          consumer: 'projects/400000000001',
          quota_metric: 'logging.googleapis.com/read_requests',
          quota_limit: 'ReadRequestsPerMinutePerProject',
          quota_limit_value: String(limit),
          quota_location: 'global',
        },
      },
    ],
  );

/** 500 and 503 come from the API, 502 from the front end before it. */
export function serverError(status: 500 | 502 | 503): ApiError {
  switch (status) {
    case 500:
      return googleError(500, 'INTERNAL', 'Internal error encountered.');
    case 502:
      return new ApiError(
        502,
        '<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n<p><b>502.</b> The server encountered a temporary error and could not complete your request.\n',
        'text/html; charset=UTF-8',
      );
    case 503:
      return googleError(503, 'UNAVAILABLE', 'The service is currently unavailable.');
  }
}
