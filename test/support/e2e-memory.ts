/** The most memory that the processes of a place have in use, by what they are. */

import { environmentOf, type Place } from "./e2e-place.ts";
import { peakMemoryBytes } from "./e2e-processes.ts";

/** Bytes: of `host`, and of the largest replica of each environment. */
export type Peaks = Readonly<Record<string, number>> & { readonly host: number };

const everyMs = 200;

export function watchMemory(place: Place): { end(): Peaks } {
  const peaks: Record<string, number> & { host: number } = { host: 0 };
  const look = () => {
    for (const { pid, replica, argv } of place.processes()) {
      const isHost = argv.some((argument) => argument.endsWith("/cli/main.js"));
      const name = replica !== null ? environmentOf(replica) : isHost ? "host" : null;
      if (name !== null) peaks[name] = Math.max(peaks[name] ?? 0, peakMemoryBytes(pid));
    }
  };
  const timer = setInterval(look, everyMs);
  return {
    end: () => {
      clearInterval(timer);
      return peaks;
    },
  };
}
