/** Large blobs, in parts that travel side by side. */
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { carriedOut } from "./failures.ts";
import type { Meter } from "./meter.ts";

/** S3 takes no smaller ones than 5 MiB, but for the last, and 10,000 of them: together more than any encoded value has. */
const partBytes = 8 * 1_024 * 1_024;
const partsAtOnceMax = 4;

interface MultipartOptions {
  readonly client: S3Client;
  readonly meter: Meter;
}

interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly ChecksumAlgorithm: "CRC32";
}

/** There is nothing under the key until all parts are there. What was uploaded of a failed one is given up. */
export async function putInParts(
  options: MultipartOptions,
  operation: string,
  target: Target,
  bytes: Uint8Array,
): Promise<void> {
  const { client, meter } = options;
  const whole = bytes.slice();
  const { UploadId } = await carriedOut(operation, client.send(new CreateMultipartUploadCommand(target)));
  const upload = { ...target, UploadId };
  try {
    const Parts = await putParts(options, operation, upload, whole);
    const { Bucket, Key } = target;
    const command = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
    await carriedOut(operation, client.send(command));
    meter.count({ kind: "s3.MultipartUpload", unit: "s3Puts", units: Parts.length + 2 });
  } catch (error) {
    const { Bucket, Key } = target;
    // The bucket's lifecycle gives up what this does not.
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
    throw error;
  }
}

/** Several take the next part each, until there is none. */
async function putParts(
  { client }: MultipartOptions,
  operation: string,
  upload: Target & { readonly UploadId: string | undefined },
  bytes: Uint8Array,
): Promise<CompletedPart[]> {
  const count = Math.ceil(bytes.length / partBytes);
  const done: CompletedPart[] = [];
  let next = 0;
  const putNext = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      const Body = bytes.subarray(index * partBytes, (index + 1) * partBytes);
      const command = new UploadPartCommand({ ...upload, PartNumber: index + 1, Body });
      const { ETag, ChecksumCRC32 } = await carriedOut(operation, client.send(command));
      done[index] = { PartNumber: index + 1, ETag, ChecksumCRC32 };
    }
  };
  await Promise.all(Array.from({ length: Math.min(partsAtOnceMax, count) }, putNext));
  return done;
}
