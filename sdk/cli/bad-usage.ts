import { InputError, type InputErrorDetails } from "../index.ts";

export const badUsageCode = "BAD_USAGE";

/**
 * What was typed cannot be done as it is; the message names the value, what is allowed, and what to do.
 *
 * @param message Replaces the sentence that is made of the details.
 */
export function badUsage(details: InputErrorDetails, message?: string): InputError {
  return new InputError(badUsageCode, details, message);
}
