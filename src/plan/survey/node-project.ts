import type { PlanVerify } from "../../schema/plan-task.js";
import { type Manifest, readManifest } from "./node-manifest.js";
import { depends, type PackagePlace, RUNNERS, type Runner, SCRIPT_RUNNER } from "./node-runner.js";
import { type PackageManager, workspacePatterns } from "./package-lock.js";
import { type Found, inside, type Sources } from "./sources.js";

/** What `npm init` writes where there is no test. */
const NO_TEST = /no test specified/;
const MEMBERS =
  "no coverage report: give the workspace's packages one (for vitest: install @vitest/coverage-v8), and each is verified by itself";

/** How a package is verified. A workspace whose script only hands on to its members is verified by them, where they can be. */
export function surveyNode(sources: Sources, folder: string, manager: PackageManager = "npm"): Found | undefined {
  const manifest = readManifest(sources, folder);
  if (manifest === undefined) return undefined;
  if (!isTested(manifest)) return untested(folder);
  const runner = knownRunner(manifest);
  const place = { folder, manager, hoisted: (program: string) => sources.has(`node_modules/.bin/${program}`) };
  const found = verified(sources, manifest, runner, place);
  const handsOn = folder === "." && runner === SCRIPT_RUNNER && workspacePatterns(sources).length > 0;
  return handsOn ? { ...found, handsOn, notes: [MEMBERS] } : found;
}

function untested(folder: string): Found {
  const manifest = inside(folder, "package.json");
  const notes = [`${manifest} has no test script: name the tests in its scripts, or waive them in a plan`];
  return { project: { path: folder, kind: "node" }, notes };
}

function knownRunner(manifest: Manifest): Runner {
  return RUNNERS.find(({ uses }) => uses(manifest)) ?? SCRIPT_RUNNER;
}

function isTested(manifest: Manifest): boolean {
  const script = manifest.scripts["test"] ?? "";
  return (script !== "" && !NO_TEST.test(script)) || depends(manifest, "vitest") || depends(manifest, "jest");
}

function verified(sources: Sources, manifest: Manifest, runner: Runner, place: PackagePlace): Found {
  const covered = runner.needs.length === 0 || runner.needs.some((name) => depends(manifest, name));
  const verify = (covered ? runner.coverage(manifest, place) : undefined) ?? { test: runner.test(manifest, place) };
  const notes = verify.coverage === undefined ? [uncovered(runner, place, covered)] : [];
  return {
    project: { path: place.folder, kind: "node", verify: withCompile(sources, manifest, place, verify) },
    notes,
  };
}

function uncovered(runner: Runner, { folder }: PackagePlace, covered: boolean): string {
  const where = folder === "." ? "" : `${folder}: `;
  if (folder === "." || !covered) return `${where}no coverage report: install ${runner.needs[0] ?? "c8"}`;
  return `${where}its tests run, without a coverage report; add \`coverage\` to its verify to have one`;
}

/** What has to come first, as scratch starts empty: types at the top; what the workspace does before its tests. */
function withCompile(
  sources: Sources,
  manifest: Manifest,
  { folder, manager }: PackagePlace,
  verify: PlanVerify,
): PlanVerify {
  if (folder === ".") {
    const typed = depends(manifest, "typescript") && sources.files.includes("tsconfig.json");
    return typed ? { compile: ["npx", "tsc", "--noEmit"], ...verify } : verify;
  }
  const before = workspacePatterns(sources).length > 0 && readManifest(sources, ".")?.scripts["pretest"] !== undefined;
  return before ? { compile: [manager, "run", "pretest"], ...verify } : verify;
}
