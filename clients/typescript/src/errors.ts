/** Every error that the client throws. Branch on the class or on `code`, which is stable; the message is for people. */
export interface ErrorDetail {
  field: string;
  message: string;
}

export class AltoError extends Error {
  /** The HTTP status; undefined if there was no response. */
  readonly status: number | undefined;
  /** The code of the API, such as `collection_not_found`. */
  readonly code: string | undefined;
  readonly details: readonly ErrorDetail[];
  readonly requestId: string | undefined;

  constructor(
    message: string,
    about: { status?: number; code?: string; details?: ErrorDetail[]; requestId?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: about.cause });
    this.name = new.target.name;
    this.status = about.status;
    this.code = about.code;
    this.details = about.details ?? [];
    this.requestId = about.requestId;
  }
}

/** The request can never succeed unchanged (400, 405, 413). */
export class AltoInvalidRequestError extends AltoError {}
/** The credentials or the token do not cover the request (401, 403). */
export class AltoAuthenticationError extends AltoError {}
/** The collection, object, alias or import does not exist (404). */
export class AltoNotFoundError extends AltoError {}
/** The request conflicts with what is stored (409). */
export class AltoConflictError extends AltoError {}
/** A limit or a model's quota is reached (429). */
export class AltoThrottledError extends AltoError {}
/** A model failed, or is not what the collection expects (502, 504). */
export class AltoEmbeddingError extends AltoError {}
/** Alto or OpenSearch failed (5xx). */
export class AltoServerError extends AltoError {}
/** No response in time, or none at all. */
export class AltoConnectionError extends AltoError {}
/** A setting of the client is wrong: nothing was sent. */
export class AltoConfigurationError extends AltoError {}

const BY_STATUS: Record<number, typeof AltoError> = {
  400: AltoInvalidRequestError,
  401: AltoAuthenticationError,
  403: AltoAuthenticationError,
  404: AltoNotFoundError,
  405: AltoInvalidRequestError,
  409: AltoConflictError,
  413: AltoInvalidRequestError,
  429: AltoThrottledError,
};
const OF_ENGINE = /^search_engine/;

/** Return the error of a response. */
export function errorOf(status: number, body: unknown): AltoError {
  const said = (body as { error?: Partial<{ code: string; message: string; details: ErrorDetail[]; request_id: string }> })
    ?.error;
  const about = { status, code: said?.code, details: said?.details, requestId: said?.request_id };
  const kind =
    BY_STATUS[status] ??
    ((status === 502 || status === 504) && said?.code && !OF_ENGINE.test(said.code)
      ? AltoEmbeddingError
      : status >= 500
        ? AltoServerError
        : AltoError);
  // An API Gateway that refuses a request responds {"message": "Forbidden"}.
  const message = said?.message ?? (body as { message?: string })?.message ?? `Alto responded with status ${status}.`;
  return new kind(message, about);
}
