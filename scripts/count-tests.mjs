// Prints `N passed, N failed, N skipped` from the test runner's own JSON report, as the last line of CI.
// Exits 1 on a failure, on a file that could not be loaded, on a missing report and when nothing ran.
import { readFileSync } from "node:fs";

/** Counts from a report of vitest; a file that failed before its tests ran counts as one failure. */
function count(report) {
  const files = report.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults ?? []);
  const broken = files.filter((file) => file.status === "failed" && !hasFailure(file)).length;
  const passed = tests.filter((test) => test.status === "passed").length;
  const failed = tests.filter((test) => test.status === "failed").length + broken;
  return { passed, failed, skipped: tests.length - passed - (failed - broken) };
}

function hasFailure(file) {
  return (file.assertionResults ?? []).some((test) => test.status === "failed");
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

const report = readReport(process.argv[2] ?? "");
const counts = report === undefined ? { passed: 0, failed: 1, skipped: 0 } : count(report);
if (report === undefined) console.log("the test runner left no report");
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
