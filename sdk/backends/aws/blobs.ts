/** Blobs in the bucket of the stack. */
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Blobs } from "../../ports.ts";
import { objectKey } from "./blob-keys.ts";
import { carriedOut, isNamed, storageFailure } from "./failures.ts";
import type { Meter } from "./meter.ts";
import { putInParts } from "./multipart.ts";

export interface AwsBlobsOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly meter: Meter;
}

/** Larger blobs travel in parts: one that fails on its way is less to send again. */
const wholeBytesMax = 16 * 1_024 * 1_024;

/**
 * The Blobs port over S3. Every object carries a CRC-32, which S3 checks when it takes the bytes and the client when it gives
 * them back.
 */
export class AwsBlobs implements Blobs {
  readonly #options: AwsBlobsOptions;

  constructor(options: AwsBlobsOptions) {
    this.#options = options;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const { client, bucket, meter } = this.#options;
    const target = { Bucket: bucket, Key: objectKey(key), ChecksumAlgorithm: "CRC32" } as const;
    const operation = `write blob ${key}`;
    if (bytes.length > wholeBytesMax) return await putInParts(this.#options, operation, target, bytes);
    // The caller may change its bytes while they travel.
    const command = new PutObjectCommand({ ...target, Body: bytes.slice() });
    await carriedOut(operation, client.send(command));
    meter.count({ kind: "s3.PutObject", unit: "s3Puts", units: 1 });
  }

  async get(key: string): Promise<Uint8Array | null> {
    const { client, bucket, meter } = this.#options;
    const command = new GetObjectCommand({ Bucket: bucket, Key: objectKey(key), ChecksumMode: "ENABLED" });
    try {
      const { Body } = await client.send(command);
      meter.count({ kind: "s3.GetObject", unit: "s3Gets", units: 1 });
      return (await Body?.transformToByteArray()) ?? new Uint8Array(0);
    } catch (error) {
      if (!isNamed(error, "NoSuchKey", "NotFound")) throw storageFailure(`read blob ${key}`, error);
      meter.count({ kind: "s3.GetObject", unit: "s3Gets", units: 1 });
      return null;
    }
  }
}
