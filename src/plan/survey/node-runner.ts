import type { Command } from "../../schema/plan-scalar.js";
import type { PlanVerify } from "../../schema/plan-task.js";
import type { Manifest } from "./node-manifest.js";
import type { PackageManager } from "./package-lock.js";
import { inside } from "./sources.js";

/** A package: its folder, what runs its scripts, and whether its runner is at the repository's top. */
export interface PackagePlace {
  readonly folder: string;
  readonly manager: PackageManager;
  /** Whether a program is among the packages installed at the top. */
  hoisted(program: string): boolean;
}

/** A test runner. */
export interface Runner {
  /** Whether the package's tests are run by it. */
  readonly uses: (manifest: Manifest) => boolean;
  /** Packages one of which gives coverage; none where none is needed. */
  readonly needs: readonly string[];
  readonly test: (manifest: Manifest, place: PackagePlace) => Command;
  /** Undefined where the place allows none. */
  readonly coverage: (manifest: Manifest, place: PackagePlace) => PlanVerify | undefined;
}

const LCOV = { report: "coverage/lcov.info", format: "lcov" } as const;
/** Characters a shell would do something with: such a script is not taken apart. */
const SHELL = /[&|;<>$`*?"'\\()]/;

const LCOV_FLAGS = [
  "--experimental-test-coverage",
  "--test-reporter=spec",
  "--test-reporter-destination=stdout",
  "--test-reporter=lcov",
  "--test-reporter-destination=lcov.info",
];

/** Where LCOV_FLAGS have node write its report. */
const NODE_REPORT = "lcov.info";
/** A script that is jest and what it is told. */
const JEST = /^jest(\s[^&|;<>$`*?"'\\()]*)?$/;

/** The package's own script, by the repository's package manager. */
const SCRIPT: Readonly<Record<PackageManager, (folder: string) => string[]>> = {
  npm: (folder) => ["npm", ...(folder === "." ? [] : ["--prefix", folder]), "test"],
  pnpm: (folder) => ["pnpm", ...(folder === "." ? [] : ["--dir", folder]), "test"],
  yarn: (folder) => ["yarn", ...(folder === "." ? [] : ["--cwd", folder]), "test"],
  bun: (folder) => ["bun", "run", ...(folder === "." ? [] : ["--cwd", folder]), "test"],
};

/** What stands before words that are for the script itself. */
const FOR_SCRIPT: Readonly<Record<PackageManager, readonly string[]>> = { npm: ["--"], pnpm: [], yarn: [], bun: [] };

/** A package's own script with options that have it count; its report names files from the package's folder. */
function counted(place: PackagePlace, options: readonly string[], report: string): PlanVerify {
  const { folder, manager } = place;
  const test = [...SCRIPT[manager](folder), ...FOR_SCRIPT[manager], ...options];
  return { test, coverage: { report: inside(folder, report), format: "lcov" } };
}

const byScript = (_: Manifest, { manager, folder }: PackagePlace): Command => SCRIPT[manager](folder);

/** Test runners, the surest sign first. */
export const RUNNERS: readonly Runner[] = [
  {
    uses: (manifest) => depends(manifest, "vitest"),
    needs: ["@vitest/coverage-v8", "@vitest/coverage-istanbul"],
    test: (_, place) => vitest(place) ?? SCRIPT[place.manager](place.folder),
    coverage: (_, place) => vitestCoverage(place),
  },
  {
    uses: (manifest) => depends(manifest, "jest"),
    needs: [],
    test: (manifest, place) => (isTop(place) ? ["npx", "jest"] : byScript(manifest, place)),
    coverage: (manifest, place) => {
      const options = ["--coverage", "--coverageReporters=lcov"];
      if (isTop(place)) return { test: ["npx", "jest", ...options], coverage: LCOV };
      return JEST.test(scriptOf(manifest)) ? counted(place, options, LCOV.report) : undefined;
    },
  },
  {
    uses: (manifest) => nodeTest(manifest) !== undefined,
    needs: [],
    test: (manifest, place) => (isTop(place) ? nodeTest(manifest) : undefined) ?? byScript(manifest, place),
    coverage: (manifest, place) => {
      const words = (nodeTest(manifest) ?? []).slice(1);
      if (!isTop(place)) return words.every(isOption) ? counted(place, LCOV_FLAGS, NODE_REPORT) : undefined;
      return { test: ["node", ...LCOV_FLAGS, ...words], coverage: { report: NODE_REPORT, format: "lcov" } };
    },
  },
  {
    uses: (manifest) => depends(manifest, "c8"),
    needs: [],
    test: byScript,
    coverage: atTopOnly((_, place) => ({
      test: ["npx", "c8", "--reporter=lcov", ...byScript(_, place)],
      coverage: LCOV,
    })),
  },
  {
    uses: (manifest) => depends(manifest, "nyc"),
    needs: [],
    test: byScript,
    coverage: atTopOnly((_, place) => ({
      test: ["npx", "nyc", "--reporter=lcov", ...byScript(_, place)],
      coverage: LCOV,
    })),
  },
];

/** The script, whatever it runs. */
export const SCRIPT_RUNNER: Runner = { uses: () => true, needs: ["c8"], test: byScript, coverage: () => undefined };

function isTop({ folder }: PackagePlace): boolean {
  return folder === ".";
}

/** A runner started around the script counts in the folder it is started in, which is the top. */
function atTopOnly(coverage: (manifest: Manifest, place: PackagePlace) => PlanVerify): Runner["coverage"] {
  return (manifest, place) => (isTop(place) ? coverage(manifest, place) : undefined);
}

/** vitest in a package's folder; undefined where the place says no way to start it. */
function vitest(place: PackagePlace): Command | undefined {
  if (isTop(place)) return ["npx", "vitest", "run"];
  if (place.manager === "pnpm") return ["pnpm", "--dir", place.folder, "exec", "vitest", "run"];
  return place.hoisted("vitest") ? ["npx", "vitest", "run", "--root", place.folder] : undefined;
}

/** In a package below, as Istanbul's JSON: its lcov would name files from the package's folder. */
function vitestCoverage(place: PackagePlace): PlanVerify | undefined {
  const run = vitest(place);
  if (run === undefined) return undefined;
  if (isTop(place)) return { test: [...run, "--coverage", "--coverage.reporter=lcov"], coverage: LCOV };
  const report = inside(place.folder, "coverage/coverage-final.json");
  return { test: [...run, "--coverage", "--coverage.reporter=json"], coverage: { report, format: "istanbul" } };
}

/** Whether a package names another one. */
export function depends({ dependencies, devDependencies }: Manifest, name: string): boolean {
  return Object.hasOwn(dependencies, name) || Object.hasOwn(devDependencies, name);
}

function scriptOf({ scripts }: Pick<Manifest, "scripts">): string {
  return (scripts["test"] ?? "").trim();
}

/** Words that are no options end what node itself is told: no more can be said after them. */
function isOption(word: string): boolean {
  return word.startsWith("-");
}

/** The words of a `node --test ...` script. */
function nodeTest({ scripts }: Manifest): Command | undefined {
  const script = scriptOf({ scripts });
  return /^node\s+(.*\s)?--test(\s|$)/.test(script) && !SHELL.test(script) ? script.split(/\s+/) : undefined;
}
