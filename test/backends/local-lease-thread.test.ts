import { describe, expect, it } from "vitest";
import { aReplica, sendMessages, until } from "../support/local-processes.ts";

describe("the lease thread of a replica", () => {
  it("keeps the heart beating while the main thread computes without end", async () => {
    let beats = 0;
    let isReady = false;
    const replica = aReplica(
      { mode: "block" },
      {
        onReady: () => {
          isReady = true;
          beats = 0;
        },
        onBeat: () => {
          beats++;
        },
      },
    );
    await until("the heart has beaten 20 times since", () => isReady && beats >= 20);
    replica.kill();
    expect(await replica.exited).toMatchObject({ signal: "SIGKILL" });
  });

  it.each([0, 600])(
    "kills the process when a delivery is held beyond its time, and says which, next to %i others",
    async (alsoHeld) => {
      const hung: string[] = [];
      const replica = aReplica(
        { mode: "hang-with-delivery", queue: "work", alsoHeld },
        { onHung: (receipt) => hung.push(receipt) },
      );
      await sendMessages(replica.backend, "work", 1);
      expect(await replica.exited).toMatchObject({ signal: "SIGKILL" });
      expect(hung).toHaveLength(1);
      expect(hung[0]).not.toContain("other-");
      expect(replica.backend.queue.heldBy("replica-1")).toBe(1);
    },
  );
});
