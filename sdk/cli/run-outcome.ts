import type { LocalView } from "../local.ts";
import type { RunOutcome } from "./document.ts";
import type { RunLookFromOutside } from "./run-look.ts";

type StoredError = NonNullable<Awaited<ReturnType<LocalView["readOutput"]>>["error"]>;

/** How a run ended, from what is stored. */
export async function outcomeFromOutside(view: LocalView, look: RunLookFromOutside): Promise<RunOutcome> {
  const { record, progress } = look;
  const { status, output, error } = await view.readOutput(record.name);
  return {
    name: record.name,
    progress: { ...progress, status },
    returned: status === "succeeded" ? { output } : null,
    thrown: error === null ? null : { error: errorOf(error) },
  };
}

/** An error to show. It has the text of the stored one, and is of no class of its own. */
function errorOf(stored: StoredError): unknown {
  if (stored.kind === "thrown value") return stored.value;
  const { name, message, stack, code, fields, cause } = stored;
  const error = new Error(message, cause === undefined ? undefined : { cause: errorOf(cause) });
  for (const [key, value] of Object.entries({ name, stack: stack ?? undefined })) {
    Object.defineProperty(error, key, { value, configurable: true, enumerable: false, writable: true });
  }
  return Object.assign(error, fields, code === null ? {} : { code });
}
