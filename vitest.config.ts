import { defineConfig } from "vitest/config";
import { bundledSources } from "./test/bundled-sources.js";
import { fewFilesPool } from "./test/few-files-process.js";

/** Where `.ci/run` reads the counts from. */
const report = process.env["WORKNODE_TEST_REPORT"];

/** Tests that start many programs. */
const FOLDERS_APART = ["scenario", "acceptance", "unit/effect"];
const APART = FOLDERS_APART.map((folder) => `test/${folder}/**/*.test.ts`);

/** Coverage is counted on the sources themselves, and who watches them wants them as they are now. */
const bundled = process.argv.includes("run") && !process.argv.includes("--coverage");

export default defineConfig({
  test: {
    projects: [
      // Starting a program copies the page tables of the process that does: these start thousands, from small processes.
      {
        extends: true,
        plugins: bundled ? [bundledSources(FOLDERS_APART)] : [],
        test: { name: "apart", include: APART, isolate: false, pool: fewFilesPool },
      },
      // One process runs many files: loading the sources anew for each took a third of the time. A file puts back what it changes.
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: APART, isolate: false } },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One more than the processors of the smallest machine: tests wait for programs and clocks.
    maxWorkers: 3,
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
