/** Keeps ECS from stopping a replica that holds actions when it takes replicas out of a fleet. */
import type { Clock } from "../ports.ts";

/** Says whether this replica is to be spared, for so many minutes. */
export type Protect = (isProtected: boolean, minutes: number) => Promise<void>;

export interface ProtectionOptions {
  readonly clock: Clock;
  readonly protect: Protect;
  /** How many actions the replica holds now. */
  readonly held: () => number;
  /** How often that is looked at. @default 1_000 */
  readonly lookMs?: number;
  /** How long a replica without actions stays protected, so that short pauses cost no requests. @default 10_000 */
  readonly idleMs?: number;
}

const protectedMinutes = 60;
/** It is said again in time. */
const renewMs = 30 * 60_000;

/** Follows what the replica holds until the signal aborts. A refused request is made again at the next look. */
export async function protectWhileBusy(options: ProtectionOptions, signal: AbortSignal): Promise<void> {
  const { clock, protect, held, lookMs = 1_000, idleMs = 10_000 } = options;
  let protectedMs: number | null = null;
  let busyMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const nowMs = clock.nowMs();
    if (held() > 0) busyMs = nowMs;
    const isNeeded = nowMs - busyMs < idleMs;
    const isDue = isNeeded ? protectedMs === null || nowMs - protectedMs >= renewMs : protectedMs !== null;
    if (isDue && (await isDone(protect(isNeeded, protectedMinutes)))) protectedMs = isNeeded ? nowMs : null;
    await clock.wait(lookMs, signal);
  }
}

function isDone(request: Promise<void>): Promise<boolean> {
  return request.then(
    () => true,
    () => false,
  );
}

/** @param agentUri What ECS tells each container in `ECS_AGENT_URI`. */
export function protectByAgent(agentUri: string): Protect {
  return async (isProtected, minutes) => {
    const response = await fetch(`${agentUri}/task-protection/v1/state`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ProtectionEnabled: isProtected,
        ...(isProtected ? { ExpiresInMinutes: minutes } : {}),
      }),
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok)
      throw new Error(`The ECS agent answered ${response.status} to a request for protection.`);
  };
}
