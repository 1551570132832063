/** The task tokens of parked runs, as notes. */
import type { Notes } from "../backends/aws/notes.ts";
import type { TaskTokens } from "./wake-driver.ts";

export function tokensIn(notes: Notes): TaskTokens {
  const nameOf = (run: string) => `token/${run}`;
  return {
    store: (run, token) => notes.write(nameOf(run), token),
    read: (run) => notes.read(nameOf(run)),
  };
}
