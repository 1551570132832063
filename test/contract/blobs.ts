import { describe, expect, it } from "vitest";
import { someBytes } from "../support/records.ts";
import { expectSame, freshName, type Provide } from "./harness.ts";

/** Keys that mean something else to a file system, a URL or a shell; some of them the same thing as another. */
const hostileKeys = (prefix: string): readonly string[] => [
  ...[
    `../${prefix}`,
    `../../${prefix}`,
    `/tmp/${prefix}`,
    `${prefix}/../../../up`,
    `${prefix}/..`,
    `${prefix}/.`,
  ],
  ...[
    `${prefix}/a/b`,
    `${prefix}/a//b`,
    `${prefix}/a/./b`,
    `${prefix}/a/x/../b`,
    `${prefix}/a/b/`,
    `${prefix}/a`,
  ],
  ...[
    `${prefix}/A/B`,
    `${prefix}/a%2Fb`,
    `${prefix}/a\\b`,
    `${prefix}\\..\\..\\up`,
    `${prefix}/a_b`,
    `${prefix}/a-b`,
  ],
  ...[
    `${prefix}/q?x=1#y`,
    `${prefix}/two words`,
    `${prefix}/größe 🚚`,
    `${prefix}/*`,
    `${prefix}/$HOME`,
    `~/${prefix}`,
  ],
  ...[
    `${prefix}/nul\0byte`,
    `${prefix}/line\nbreak`,
    `${prefix}/${"long".repeat(75)}`,
    `C:\\${prefix}`,
    "",
    ".",
    "..",
  ],
];

export function blobsContract(provide: Provide): void {
  describe("blobs", () => {
    it.each([0, 1, 100_000, 1_048_576])("%i bytes are read back", async (sizeBytes) => {
      const { blobs } = provide();
      const key = `${freshName()}/a0/1/out`;
      await blobs.put(key, someBytes(sizeBytes));
      expectSame(await blobs.get(key), someBytes(sizeBytes));
    });

    it("a key that nobody wrote is null", async () => {
      expect(await provide().blobs.get(`${freshName()}/a0/1/out`)).toBeNull();
    });

    it("writing the same bytes again is harmless, also at the same time", async () => {
      const { blobs } = provide();
      const key = `${freshName()}/a0/1/out`;
      await Promise.all([1, 2, 3, 4].map(() => blobs.put(key, someBytes(50_000))));
      await blobs.put(key, someBytes(50_000));
      expectSame(await blobs.get(key), someBytes(50_000));
    });

    it("a view of a part of a buffer is written as that part", async () => {
      const { blobs } = provide();
      const key = `${freshName()}/a0/1/out`;
      const whole = someBytes(100);
      await blobs.put(key, whole.subarray(10, 20));
      expectSame(await blobs.get(key), whole.slice(10, 20));
    });

    it("what a caller does to its bytes before and after changes nothing stored", async () => {
      const { blobs } = provide();
      const key = `${freshName()}/a0/1/out`;
      const bytes = Buffer.from(someBytes(64));
      await blobs.put(key, bytes);
      bytes.fill(0);
      const read = await blobs.get(key);
      expectSame(read, someBytes(64));
      read?.fill(0);
      expectSame(await blobs.get(key), someBytes(64));
    });

    it("a key is either opaque or refused, whatever it looks like", async () => {
      const { blobs, strays } = provide();
      const expected = new Map<string, Uint8Array | null>();
      for (const key of hostileKeys(freshName())) {
        const bytes = new TextEncoder().encode(`bytes of ${key}`);
        const isTaken = await blobs.put(key, bytes).then(
          () => true,
          () => false,
        );
        expected.set(key, isTaken ? bytes : null);
      }
      for (const [key, bytes] of expected) {
        const read = await blobs.get(key).catch(() => null);
        expectSame({ key, read }, { key, read: bytes });
      }
      expect((await strays?.()) ?? []).toEqual([]);
    });
  });
}
