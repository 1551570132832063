import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const sdk = fileURLToPath(new URL("./sdk/", import.meta.url));

/**
 * Examples import the package by its name. In a test that name means the sources, as every other import there
 * does: two copies of the SDK in one process would not know each other's tasks.
 */
const alias = [
  { find: /^drover$/, replacement: `${sdk}index.ts` },
  { find: /^drover\/(\w+)$/, replacement: `${sdk}$1.ts` },
];

/** One project per kind of test, so that `vitest --project core` stays under a second. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        resolve: { alias },
        test: { name: "core", include: ["test/core/**/*.test.ts"], setupFiles: ["test/setup-pure.ts"] },
      },
      {
        resolve: { alias },
        test: { name: "engine", include: ["test/engine/**/*.test.ts"], setupFiles: ["test/setup-pure.ts"] },
      },
      { resolve: { alias }, test: { name: "authoring", include: ["test/authoring/**/*.test.ts"] } },
      {
        // The compiler reads the whole SDK first.
        resolve: { alias },
        test: { name: "docs", include: ["test/docs/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
      },
      {
        resolve: { alias },
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          exclude: ["test/contract/aws*.test.ts"],
        },
      },
      {
        resolve: { alias },
        test: { name: "simulation", include: ["test/simulation/**/*.test.ts"], testTimeout: 60_000 },
      },
      {
        // These start processes and kill them: one file at a time, after the others, with room for slow machines.
        resolve: { alias },
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/backends/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The first import of CDK takes seconds on a busy machine.
        resolve: { alias },
        test: {
          name: "infra",
          include: ["test/infra/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Each file starts DynamoDB Local, a Java program, and stand-ins for SQS and S3: one at a time, after the others.
        resolve: { alias },
        test: {
          name: "aws",
          include: ["test/contract/aws*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Some files start stand-ins, as those of "aws" do.
        resolve: { alias },
        test: {
          name: "functions",
          include: ["test/functions/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
