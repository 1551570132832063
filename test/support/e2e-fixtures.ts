import { fileURLToPath } from "node:url";

/** What `drover run` is told for a task in `test/support/fixtures/e2e`. */
export function fixture(file: string, task: string): string {
  return `${fileURLToPath(new URL(`./fixtures/e2e/${file}`, import.meta.url))}:${task}`;
}
