import { describe, expect, it } from "vitest";
import { draftFirstPlan } from "../../../src/plan/survey/first-plan.js";
import type { Sources } from "../../../src/plan/survey/sources.js";
import { programsOf, surveyRepository } from "../../../src/plan/survey/survey.js";

/** A checkout of these files where these programs are installed. */
function checkout(texts: Record<string, string | object>, programs: readonly string[] = []): Sources {
  const files = Object.keys(texts).sort();
  const text = (path: string): string | undefined => {
    const value = texts[path];
    return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
  };
  return { files, read: text, list: () => [], has: (program) => programs.includes(program) };
}
const verifyOf = (sources: Sources): Record<string, unknown> =>
  Object.fromEntries(
    surveyRepository(sources).config.projects.map(({ path, kind, verify }) => [`${kind} ${path}`, verify]),
  );

const COVERED = { scripts: { test: "vitest run" }, devDependencies: { vitest: "4", "@vitest/coverage-v8": "4" } };
const WORKSPACE = {
  "package.json": { private: true, scripts: { test: "pnpm -r run test", pretest: "pnpm run build" } },
  "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
};

describe("a survey of a workspace", () => {
  it("takes packages that say what their tests cover for themselves, each after what the workspace does first", () => {
    const sources = checkout({
      ...WORKSPACE,
      "packages/core/package.json": COVERED,
      "packages/prompts/package.json": { scripts: { test: "vitest run" }, devDependencies: { vitest: "4" } },
      "packages/bare/package.json": {},
    });
    const compile = ["pnpm", "run", "pretest"];
    expect(verifyOf(sources)).toEqual({
      "node packages/core": {
        compile,
        test: ["pnpm", "--dir", "packages/core", "exec", "vitest", "run", "--coverage", "--coverage.reporter=json"],
        coverage: { report: "packages/core/coverage/coverage-final.json", format: "istanbul" },
      },
      "node packages/prompts": { compile, test: ["pnpm", "--dir", "packages/prompts", "exec", "vitest", "run"] },
    });
    const { config, notes } = surveyRepository(sources);
    expect(notes).toEqual(["packages/prompts: no coverage report: install @vitest/coverage-v8"]);
    expect(programsOf(config)).toContain("pnpm"); // or its folder is not among the toolchains, and commands lack it
  });

  it("runs the workspace's own script, by its own package manager, where no package says what is covered", () => {
    const member = { scripts: { test: "vitest run" }, devDependencies: { vitest: "4" } };
    const sources = checkout({ ...WORKSPACE, "packages/core/package.json": member });
    expect(verifyOf(sources)).toEqual({ "node .": { test: ["pnpm", "test"] } });
    expect(surveyRepository(sources).notes).toEqual([expect.stringContaining("and each is verified by itself")]);
  });

  it("starts a runner installed at the top in the package's folder, and by the package's script where there is none", () => {
    const files = {
      "package.json": { workspaces: ["packages/*"], scripts: { test: "npm test --workspaces" } },
      "package-lock.json": "{}",
      "packages/core/package.json": COVERED,
    };
    const report = { report: "packages/core/coverage/coverage-final.json", format: "istanbul" };
    expect(verifyOf(checkout(files, ["node_modules/.bin/vitest"]))).toEqual({
      "node packages/core": {
        test: ["npx", "vitest", "run", "--root", "packages/core", "--coverage", "--coverage.reporter=json"],
        coverage: report,
      },
    });
    expect(verifyOf(checkout(files))).toEqual({ "node .": { test: ["npm", "test"] } });
  });

  it.each([
    ["yarn.lock", ["yarn", "test"], ["yarn", "--cwd", "web", "test"]],
    ["bun.lock", ["bun", "run", "test"], ["bun", "run", "--cwd", "web", "test"]],
    ["pnpm-lock.yaml", ["pnpm", "test"], ["pnpm", "--dir", "web", "test"]],
  ])("runs scripts by the manager of %s", (lock, top, below) => {
    const script = { scripts: { test: "ava" } };
    expect(verifyOf(checkout({ [lock]: "", "package.json": script }))).toEqual({ "node .": { test: top } });
    const nested = checkout({ [lock]: "", "package.json": {}, "web/package.json": script });
    expect(verifyOf(nested)).toMatchObject({ "node web": { test: below } });
  });

  it.each([
    ["node --test", "package-lock.json", ["npm", "--prefix", "web", "test", "--"], "web/lcov.info"],
    ["node --test --test-timeout=9", "pnpm-lock.yaml", ["pnpm", "--dir", "web", "test"], "web/lcov.info"],
    ["jest --ci", "yarn.lock", ["yarn", "--cwd", "web", "test"], "web/coverage/lcov.info"],
  ])("has a package below the top count by its own script: %s", (test, lock, words, report) => {
    const devDependencies = test.startsWith("jest") ? { jest: "30" } : {};
    const files = { [lock]: "", "package.json": {}, "web/package.json": { scripts: { test }, devDependencies } };
    const verify = verifyOf(checkout(files))["node web"] as { test: string[]; coverage: object };
    expect(verify.test.slice(0, words.length)).toEqual(words);
    expect(verify.test.slice(words.length).join(" ")).toMatch(/^--(experimental-test-coverage|coverage) .*lcov/);
    expect(verify.coverage).toEqual({ report, format: "lcov" });
  });

  it.each(["node --test a.test.js", "jest && eslint ."])(
    "has a package count nothing where its script takes no more options: %s",
    (test) => {
      const devDependencies = test.startsWith("jest") ? { jest: "30" } : {};
      const files = { "package.json": {}, "web/package.json": { scripts: { test }, devDependencies } };
      expect(verifyOf(checkout(files))["node web"]).toEqual({ test: ["npm", "--prefix", "web", "test"] });
    },
  );

  it("gives a first night no more than five projects", () => {
    const members = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`packages/p${at}/package.json`, COVERED]));
    const { config } = surveyRepository(checkout({ ...WORKSPACE, ...members }));
    expect(config.projects).toHaveLength(8);
    expect(draftFirstPlan(config).match(/id: FIRST-/g)).toHaveLength(5);
  });
});

describe("a survey of a C library", () => {
  const cmake = { "CMakeLists.txt": "project(x C)\n", "x.c": "int x;\n", Makefile: "all:\n\techo configure first\n" };

  it("builds by cmake where the Makefile has no tests, counted by gcc where gcovr can read it", () => {
    expect(verifyOf(checkout({ ...cmake, "contrib/mini/Makefile": "test:\n\t$(CC)\n" }, ["gcovr"]))).toEqual({
      "c .": {
        compile: expect.arrayContaining(["ctest", "--build-and-test", "-DCMAKE_C_FLAGS=--coverage"]) as string[],
        test: ["gcovr", "--json", "coverage.json"],
        coverage: { report: "coverage.json", format: "gcovr" },
      },
    });
    expect(verifyOf(checkout(cmake))).toMatchObject({
      "c .": { test: ["ctest", "--test-dir", "build", "--output-on-failure"] },
    });
  });

  it("says what a Makefile without tests lacks where there is nothing else", () => {
    const { config, notes } = surveyRepository(checkout({ "x.c": "int x;\n", Makefile: "all:\n\techo\n" }));
    expect(config.projects).toEqual([{ path: ".", kind: "c" }]);
    expect(notes).toEqual([".: the Makefile has no target check or test or tests"]);
  });
});
