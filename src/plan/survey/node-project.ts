import { z } from "zod";
import type { Command } from "../../schema/plan-scalar.js";
import type { PlanVerify } from "../../schema/plan-task.js";
import { type Found, inside, type Sources } from "./sources.js";

/** The parts of a package.json that are looked at; the rest may be anything. */
const manifestSchema = z.object({
  packageManager: z.string().optional().catch(undefined),
  workspaces: z
    .union([z.array(z.string()), z.object({ packages: z.array(z.string()) })])
    .optional()
    .catch(undefined),
  scripts: z.record(z.string(), z.string()).default({}).catch({}),
  dependencies: z.record(z.string(), z.unknown()).default({}).catch({}),
  devDependencies: z.record(z.string(), z.unknown()).default({}).catch({}),
});
export type Manifest = z.infer<typeof manifestSchema>;

const LCOV = { report: "coverage/lcov.info", format: "lcov" } as const;
/** What `npm init` writes where there is no test. */
const NO_TEST = /no test specified/;
/** Characters a shell would do something with: such a script is not taken apart. */
const SHELL = /[&|;<>$`*?"'\\()]/;

/** The package.json of a folder; undefined where there is none that can be read. */
export function readManifest(sources: Sources, folder: string): Manifest | undefined {
  const text = sources.read(inside(folder, "package.json"));
  if (text === undefined) return undefined;
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

interface Runner {
  /** Whether the package's tests are run by it. */
  readonly uses: (manifest: Manifest) => boolean;
  /** Package that gives coverage; undefined where none is needed. */
  readonly needs: readonly string[];
  readonly test: (manifest: Manifest) => Command;
  readonly coverage: (manifest: Manifest) => PlanVerify;
}

const LCOV_FLAGS = [
  "--experimental-test-coverage",
  "--test-reporter=spec",
  "--test-reporter-destination=stdout",
  "--test-reporter=lcov",
  "--test-reporter-destination=lcov.info",
];

const NPM_TEST = (): Command => ["npm", "test"];

/** Test runners, the surest sign first. Reports are lcov. */
const RUNNERS: readonly Runner[] = [
  {
    uses: (manifest) => depends(manifest, "vitest"),
    needs: ["@vitest/coverage-v8", "@vitest/coverage-istanbul"],
    test: () => ["npx", "vitest", "run"],
    coverage: () => ({ test: ["npx", "vitest", "run", "--coverage", "--coverage.reporter=lcov"], coverage: LCOV }),
  },
  {
    uses: (manifest) => depends(manifest, "jest"),
    needs: [],
    test: () => ["npx", "jest"],
    coverage: () => ({ test: ["npx", "jest", "--coverage", "--coverageReporters=lcov"], coverage: LCOV }),
  },
  {
    uses: (manifest) => nodeTest(manifest) !== undefined,
    needs: [],
    test: (manifest) => nodeTest(manifest) ?? NPM_TEST(),
    coverage: (manifest) => ({
      test: ["node", ...LCOV_FLAGS, ...(nodeTest(manifest) ?? []).slice(1)],
      coverage: { report: "lcov.info", format: "lcov" },
    }),
  },
  {
    uses: (manifest) => depends(manifest, "c8"),
    needs: [],
    test: NPM_TEST,
    coverage: () => ({ test: ["npx", "c8", "--reporter=lcov", "npm", "test"], coverage: LCOV }),
  },
  {
    uses: (manifest) => depends(manifest, "nyc"),
    needs: [],
    test: NPM_TEST,
    coverage: () => ({ test: ["npx", "nyc", "--reporter=lcov", "npm", "test"], coverage: LCOV }),
  },
  { uses: () => true, needs: ["c8"], test: NPM_TEST, coverage: () => ({ test: NPM_TEST() }) },
];

function depends({ dependencies, devDependencies }: Manifest, name: string): boolean {
  return Object.hasOwn(dependencies, name) || Object.hasOwn(devDependencies, name);
}

/** The words of a `node --test ...` script. */
function nodeTest({ scripts }: Manifest): Command | undefined {
  const script = (scripts["test"] ?? "").trim();
  return /^node\s+(.*\s)?--test(\s|$)/.test(script) && !SHELL.test(script) ? script.split(/\s+/) : undefined;
}

/** How a package is verified. `folder` other than `.` goes through `npm --prefix`, and so without a report's place. */
export function surveyNode(sources: Sources, folder: string): Found | undefined {
  const manifest = readManifest(sources, folder);
  if (manifest === undefined) return undefined;
  const runner = isTested(manifest) ? RUNNERS.find(({ uses }) => uses(manifest)) : undefined;
  if (runner === undefined) {
    const notes = [
      `${inside(folder, "package.json")} has no test script: name the tests in its scripts, or waive them in a plan`,
    ];
    return { project: { path: folder, kind: "node" }, notes };
  }
  return folder === "." ? atTop(sources, manifest, runner) : nested(folder);
}

function isTested(manifest: Manifest): boolean {
  const script = manifest.scripts["test"] ?? "";
  return (script !== "" && !NO_TEST.test(script)) || depends(manifest, "vitest") || depends(manifest, "jest");
}

function atTop(sources: Sources, manifest: Manifest, runner: Runner): Found {
  const covered = runner.needs.length === 0 || runner.needs.some((name) => depends(manifest, name));
  const verify = covered ? runner.coverage(manifest) : { test: runner.test(manifest) };
  const notes = verify.coverage === undefined ? [`no coverage report: install ${runner.needs[0] ?? "c8"}`] : [];
  return { project: { path: ".", kind: "node", verify: withTypes(sources, manifest, verify) }, notes };
}

function nested(folder: string): Found {
  const notes = [`${folder}: its tests run, without a coverage report; add \`coverage\` to its verify to have one`];
  return { project: { path: folder, kind: "node", verify: { test: ["npm", "--prefix", folder, "test"] } }, notes };
}

/** A package with TypeScript is compiled first. */
function withTypes(sources: Sources, manifest: Manifest, verify: PlanVerify): PlanVerify {
  const typed = depends(manifest, "typescript") && sources.files.includes("tsconfig.json");
  return typed ? { compile: ["npx", "tsc", "--noEmit"], ...verify } : verify;
}
