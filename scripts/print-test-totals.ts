/**
 * Prints the totals of a vitest JSON report as one plain line, `N passed, N failed`, and fails when a test failed,
 * when a file could not be loaded, or when no test ran.
 *
 *     node scripts/print-test-totals.ts test-report/tests.json
 */
import { existsSync, readFileSync } from "node:fs";

type Report = {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

const path = process.argv[2];
if (path === undefined || !existsSync(path)) {
  console.error(
    `There is no test report at ${path ?? "(no path given)"}: the test run ended before it wrote one.`,
  );
  console.log("0 passed, 0 failed");
  process.exit(1);
}

const report = JSON.parse(readFileSync(path, "utf8")) as Report;
// A file that does not load has no tests to fail: it counts as one failure, or it would vanish from the line.
const brokenFiles = report.testResults.filter(
  (file) =>
    file.status === "failed" && !file.assertionResults.some((assertion) => assertion.status === "failed"),
);
for (const file of brokenFiles) console.error(`${file.name} failed outside its tests: ${file.message ?? ""}`);

const passed = report.numPassedTests;
const failed = report.numFailedTests + brokenFiles.length;
const skipped = report.numPendingTests + report.numTodoTests;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 || !report.success ? 1 : 0;
