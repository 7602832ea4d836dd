import { defineConfig } from "vitest/config";

/** Where `.ci/run` reads the counts from. */
const report = process.env["WORKNODE_TEST_REPORT"];

/** Tests that start many programs. */
const APART = ["test/scenario/**/*.test.ts", "test/acceptance/**/*.test.ts", "test/unit/effect/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      // Starting a program copies the page tables of the process that does: these start thousands, each from a small process.
      { extends: true, test: { name: "apart", include: APART, isolate: true } },
      // One process runs many files: loading the sources anew for each took a third of the time. A file puts back what it changes.
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: APART, isolate: false } },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/main.ts"],
      reporter: ["text-summary", "lcov"],
      thresholds: { lines: 95, functions: 95 },
    },
  },
});
