/** Which bundle a task is in when nobody names one: for schedules, and for runs that are started by the task's name. */
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";

export interface PublishedCode {
  /** Hash of the bundle that was published last for the task, or null. */
  read(task: string): Promise<string | null>;
  write(task: string, code: string): Promise<void>;
}

/** Kept as small objects beside the bundles; unlike those, they change. */
export function publishedInS3(s3: S3Client, bucket: string): PublishedCode {
  const keyOf = (task: string) => `published/${task}`;
  return {
    read: async (task) => {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(task) }));
        return (await Body?.transformToString()) ?? null;
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return null;
        throw error;
      }
    },
    write: async (task, code) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(task), Body: code }));
    },
  };
}
