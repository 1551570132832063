import { duplexPair } from "node:stream";
import { realEntropy } from "../../sdk/backends/local/entropy.ts";
import { connectWorld } from "../../sdk/backends/local/ipc/connect-world.ts";
import { serveWorld } from "../../sdk/backends/local/ipc/serve-world.ts";
import { createMemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { contractSuite } from "../contract/suite.ts";
import { realClock } from "../support/real-clock.ts";

contractSuite("a memory backend behind a connection", async () => {
  const leaseMs = 300;
  const backend = createMemoryBackend({ clock: realClock, entropy: realEntropy, leaseMs });
  const [hostEnd, replicaEnd] = duplexPair();
  serveWorld(hostEnd, backend);
  const { store, blobs, queue, close } = await connectWorld(replicaEnd);
  const { changes, catalog, clock } = backend;
  return { store, blobs, queue, changes, catalog, clock, leaseMs, close };
});
