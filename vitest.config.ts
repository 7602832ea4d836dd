import { defineConfig } from "vitest/config";

/** Where `.ci/run` reads the counts from. */
const report = process.env["WORKNODE_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // One process runs many files: loading the sources anew for each took a third of the time. A file puts back what it changes.
    isolate: false,
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
