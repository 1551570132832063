/** Values on their way into and out of records: small ones inline, larger ones as blobs written before the record. */
import { decode } from "../core/codec/decode.ts";
import { StorageError } from "../core/errors.ts";
import type { Payload } from "../core/records.ts";
import type { World } from "../ports.ts";
import { persist } from "./persist.ts";

/** `key` must be this writer's own (it names the epoch), so that no other writer's bytes can be mistaken for these. */
export async function storePayload(world: World, key: string, bytes: Uint8Array): Promise<Payload> {
  if (bytes.byteLength <= world.store.limits.inlineBytesMax) return { kind: "inline", bytes };
  await persist(world, () => world.blobs.put(key, bytes));
  return { kind: "blob", key, sizeBytes: bytes.byteLength };
}

export function payloadSizeBytes(payload: Payload): number {
  return payload.kind === "inline" ? payload.bytes.byteLength : 0;
}

export async function loadPayload(world: World, payload: Payload): Promise<unknown> {
  if (payload.kind === "inline") return decode(payload.bytes);
  const bytes = await persist(world, () => world.blobs.get(payload.key));
  if (bytes === null) {
    throw new StorageError({
      operation: `read blob "${payload.key}" (${payload.sizeBytes} bytes)`,
      retryable: false,
      cause: "it does not exist",
    });
  }
  return decode(bytes);
}
