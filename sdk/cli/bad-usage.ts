import { InputError, type InputErrorDetails } from "../index.ts";

/** What was typed cannot be done as it is; the message names the value, what is allowed, and what to do. */
export function badUsage(details: InputErrorDetails): InputError {
  return new InputError("BAD_USAGE", details);
}

/** As `badUsage`, with a sentence of one's own. */
export function badUsageText(message: string, details: InputErrorDetails): InputError {
  return new InputError("BAD_USAGE", details, message);
}
