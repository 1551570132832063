/** Keys of blobs as keys in the bucket. */
import { DroverError } from "../../core/errors.ts";

const prefix = "blobs/";
const objectKeyBytesMax = 1_024;

/** What the engine makes: words joined by `/`. None of them is empty or only dots. */
const plainKey = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w.-]+(?:\/[\w.-]+)*$/;

/**
 * Different keys have different objects. A key that could mean something else to S3, a URL or a console (`..`, `//`, control
 * characters) is written in hexadecimal, after a `~` that no plain key has.
 *
 * @throws DroverError for a key that is too long, or that UTF-8 cannot hold.
 */
export function objectKey(key: string): string {
  const objectKey = prefix + (plainKey.test(key) ? key : `~${Buffer.from(key).toString("hex")}`);
  if (objectKey.length <= objectKeyBytesMax && key.isWellFormed()) return objectKey;
  throw new DroverError(
    `The key of a blob has ${key.length} characters: "${key.slice(0, 60)}…". Take one of well-formed text, ` +
      `at most ${objectKeyBytesMax - prefix.length} bytes, or half of that where it is not made of words and slashes.`,
    { code: "BLOB_KEY", kind: "user", retryable: false },
  );
}
