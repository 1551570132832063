/** State folders for tests of the local backend, gone after each test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import {
  type LocalBackend,
  type LocalBackendOptions,
  openLocalBackend,
} from "../../sdk/backends/local/host-backend.ts";

const folders: string[] = [];
const backends = new Set<LocalBackend>();

afterEach(() => {
  for (const backend of backends) backend.close();
  backends.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "drover-local-"));
  folders.push(folder);
  return join(folder, "state");
}

export function openIn(dir: string, options: Omit<LocalBackendOptions, "dir"> = {}): LocalBackend {
  const backend = openLocalBackend({ dir, ...options });
  backends.add(backend);
  return backend;
}

export function reopened(backend: LocalBackend, dir: string): LocalBackend {
  backend.close();
  backends.delete(backend);
  return openIn(dir);
}
