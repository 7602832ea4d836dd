import { defineConfig } from "vitest/config";
import { engineFlags } from "./src/surface/cli/engine.js";
import { bundledSources } from "./test/bundled-sources.js";
import { fewFilesPool } from "./test/few-files-process.js";

/** Where `.ci/run` reads the counts from. */
const report = process.env["WORKNODE_TEST_REPORT"];

/** Tests that start many programs, by folder or file. */
const PLACES_APART = [
  "scenario",
  "acceptance",
  "unit/effect",
  "property/commands.test.ts",
  "property/effect-keep.test.ts",
];
const APART = PLACES_APART.map((place) => (place.endsWith(".ts") ? `test/${place}` : `test/${place}/**/*.test.ts`));

/** Coverage is counted on the sources themselves, and who watches them wants them as they are now. */
const bundled = process.argv.includes("run") && !process.argv.includes("--coverage");

export default defineConfig({
  test: {
    projects: [
      // Starting a program copies the page tables of the process that does: these start thousands, from small processes.
      {
        extends: true,
        plugins: bundled ? [bundledSources(PLACES_APART)] : [],
        // What they run in these processes is what a session runs, and costs less with a session's engine.
        test: {
          name: "apart",
          include: APART,
          isolate: false,
          pool: fewFilesPool,
          execArgv: [...engineFlags(process.versions.node, "session")],
        },
      },
      // One process runs many files: loading the sources anew for each took a third of the time. A file puts back what it changes.
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: APART, isolate: false } },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Twice the processors of the smallest machine: tests wait for programs and clocks, and with three one of two was idle for a sixth of the time.
    maxWorkers: 4,
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
