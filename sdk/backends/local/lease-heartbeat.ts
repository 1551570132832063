/** The host's end of a replica's heartbeat pipe. */
import type { Readable } from "node:stream";

export interface HeartbeatListener {
  readonly onBeat: () => void;
  /** The replica is about to kill itself, because it held this delivery beyond its time. */
  readonly onHung: (receipt: string) => void;
}

/** No line of ours is longer. */
const lineCharactersMax = 4_096;
const hungMark = "hung ";

/** Calls the listener for what the replica's lease thread says, until the stream ends. What else is written there is ignored. */
export function watchHeartbeat(stream: Readable, { onBeat, onHung }: HeartbeatListener): void {
  let unfinished = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (unfinished + text).split("\n");
    unfinished = (lines.pop() ?? "").slice(0, lineCharactersMax);
    for (const line of lines) {
      if (line === "") onBeat();
      else if (line.startsWith(hungMark)) onHung(line.slice(hungMark.length));
    }
  });
  // The end of the process is seen elsewhere.
  stream.on("error", () => undefined);
}
