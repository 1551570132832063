/** The one place where errors of the AWS clients become ours. */
import { StorageError } from "../../core/errors.ts";

/**
 * Answers what the request answers.
 *
 * @param operation What is tried, as in `write the state of action r/a0`.
 * @throws StorageError; it is `retryable` for throttling, errors of the service and of the connection.
 */
export async function carriedOut<T>(operation: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (cause) {
    throw storageFailure(operation, cause);
  }
}

export function storageFailure(operation: string, cause: unknown): StorageError {
  return cause instanceof StorageError
    ? cause
    : new StorageError({ operation, retryable: isRetryable(cause), cause });
}

/** What AWS could not do at this moment. */
const passingNames: ReadonlySet<string> = new Set([
  "InternalServerError",
  "ItemCollectionSizeLimitExceededException",
  "LimitExceededException",
  "OverLimit",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "ThrottlingException",
  "TimeoutError",
  "TooManyRequestsException",
  "TransactionConflictException",
  "TransactionInProgressException",
  "KmsThrottled",
  "KMS.ThrottlingException",
  "ExpiredToken",
  "ExpiredTokenException",
]);

/** What Node says of a connection that did not hold, or was never made. */
const connectionCodes: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
]);

function isRetryable(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const { code, $metadata, $retryable } = cause as AwsError;
  const httpStatus = $metadata?.httpStatusCode ?? 0;
  return (
    $retryable !== undefined ||
    httpStatus === 429 ||
    httpStatus >= 500 ||
    passingNames.has(cause.name) ||
    (code !== undefined && (passingNames.has(code) || connectionCodes.has(code)))
  );
}

/** The fields that errors of the clients and of Node's sockets may have. */
interface AwsError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: object;
}

/** Whether the error has the name that AWS gives to this cause. */
export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
