import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalBackend } from "../../sdk/backends/local/host-backend.ts";
import type { ContractBackend } from "./harness.ts";
import { contractSuite } from "./suite.ts";

const leaseMs = 300;

for (const durability of ["process", "power"] as const) {
  contractSuite(`local, surviving loss of ${durability}`, async () => {
    const parent = await mkdtemp(join(tmpdir(), "drover-contract-"));
    return openIn(parent, durability);
  });
}

/** The state folder has a folder of its own, so that what gets out of it is seen. */
function openIn(parent: string, durability: "process" | "power"): ContractBackend {
  const backend = openLocalBackend({ dir: join(parent, "state"), durability, leaseMs });
  return {
    ...backend,
    leaseMs,
    strays: async () => (await readdir(parent)).filter((name) => name !== "state"),
    reopen: async () => {
      backend.close();
      return openIn(parent, durability);
    },
    close: async () => {
      backend.close();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
