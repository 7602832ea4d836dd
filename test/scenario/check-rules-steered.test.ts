import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { branchy, check, checkReport, namesOf } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

const POLICY = ".worknode/check.yaml";
const ENFORCE = "version: 1\nmode: enforce\n";
let repo: Repo;
afterEach(() => repo.remove());

function commit(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) repo.write(path, text);
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", "change");
}

/** A change to a repository with a policy that enforces; what is found of it. */
async function found(
  base: Record<string, string>,
  change: Record<string, string>,
  ...args: string[]
): Promise<string[]> {
  repo = makeRepo({ "src/a.ts": branchy("a", 3), [POLICY]: ENFORCE, ...base });
  repo.git("switch", "-q", "-c", "change");
  commit(change);
  return namesOf(await checkReport(repo, "--base", "main", ...args)).map((name) => name.slice(0, -2));
}

describe("a change does not steer its own check", () => {
  it("by a name that CI left empty: nobody approved it", async () => {
    expect(await found({}, { [POLICY]: "version: 1\n" }, "--approved-by", "", " ")).toEqual([
      `rules-changed ${POLICY}`,
    ]);
  });

  it("by lines of manifests and scripts that name worknode; others are everyone's", async () => {
    const manifest = (check: string, more: string): string =>
      JSON.stringify({ scripts: { check, more }, devDependencies: { worknode: "1.0.0" } }, null, 2);
    const lock = (version: string): string =>
      JSON.stringify({ resolved: `https://r/worknode/-/worknode-${version}.tgz` }, null, 2);
    const before = {
      "package.json": manifest("worknode check --base origin/main", "a"),
      "package-lock.json": lock("1.0.0"),
      "pkg/Makefile": "check:\n\tnode check-worknode.mjs\n",
      "ci/check.sh": "worknode check\n",
      "README.md": "worknode check\n",
    };
    const after = {
      "package.json": manifest("worknode check --base HEAD", "a"),
      "package-lock.json": lock("1.0.1"),
      "pkg/Makefile": "check:\n\ttrue\n",
      "ci/check.sh": "exit 0\n",
      "README.md": "none\n",
    };
    expect(await found(before, after)).toEqual(
      ["ci/check.sh", "package-lock.json", "package.json", "pkg/Makefile"].map((path) => `rules-changed ${path}`),
    );
    repo.git("reset", "-q", "--hard", "main");
    commit({ "package.json": manifest("worknode check --base origin/main", "b"), "ci/more.sh": "worknode check\n" });
    expect(await checkReport(repo, "--base", "main")).toMatchObject({ outcome: "passed", findings: [] });
  });

  it("by what agents may do and are told", async () => {
    const change = {
      ".worknode/agents/a.md": "x\n",
      ".worknode/capabilities/i.yaml": "x\n",
      ".worknode/plans/p.yaml": "x\n",
    };
    expect(await found({}, change)).toEqual([
      "rules-changed .worknode/agents/a.md",
      "rules-changed .worknode/capabilities/i.yaml",
    ]);
  });

  it("by a coverage report it brings along, be it behind a link", async () => {
    const lcov = "SF:src/b.ts\nFN:2,b\nFNDA:1,b\nDA:2,1\nDA:3,1\nend_of_record\n";
    repo = makeRepo({ [POLICY]: ENFORCE, "src/a.ts": branchy("a", 3) });
    repo.git("switch", "-q", "-c", "change");
    repo.write("fake/lcov.info", lcov);
    symlinkSync("fake", join(repo.dir, "coverage"));
    commit({ "src/b.ts": branchy("b", 1) });
    const report = (...args: string[]): ReturnType<typeof checkReport> => checkReport(repo, "--base", "main", ...args);
    const brought = [["coverage-committed fake/lcov.info:1"], 4];
    for (const file of ["fake/lcov.info", "coverage/lcov.info"]) {
      const judged = await report("--coverage", file);
      expect([namesOf(judged), judged.exit_code]).toEqual(brought);
      expect(judged.notes.join()).toContain("100.00 % of changed lines");
    }
    expect((await report("--coverage", "fake/lcov.info", "--mode", "observe")).exit_code).toBe(0);
    rmSync(join(repo.dir, "coverage"));
    repo.write("coverage/lcov.info", lcov);
    const based = await report("--coverage", "coverage/lcov.info", "--base-coverage", "fake/lcov.info");
    expect([namesOf(based), based.exit_code]).toEqual(brought);
    expect((await report("--coverage", "coverage/lcov.info")).outcome).toBe("passed");
    repo.write("fake/lcov.info", `TN:\n${lcov}`);
    expect((await report("--coverage", "fake/lcov.info")).outcome).toBe("passed");
  });

  it("by merges both ways, after which one of the places where it left the base has what it goes back to", async () => {
    repo = makeRepo({ [POLICY]: ENFORCE, "src/a.ts": branchy("a", 3) });
    const loose = repo.git("rev-parse", "main").trim();
    repo.git("switch", "-q", "-c", "change");
    repo.env["GIT_COMMITTER_DATE"] = "2037-01-01T00:00:00Z";
    commit({ "x.md": "x\n" });
    const first = repo.git("rev-parse", "change").trim();
    repo.git("switch", "-q", "main");
    delete repo.env["GIT_COMMITTER_DATE"];
    commit({ [POLICY]: `${ENFORCE}limits: { maxComplexity: 4 }\n` });
    repo.git("switch", "-q", "change");
    repo.git("merge", "-q", "--no-commit", "main");
    repo.git("checkout", "-q", loose, "--", POLICY);
    repo.git("commit", "-q", "-m", "merge");
    repo.git("switch", "-q", "main");
    repo.git("merge", "-q", "--no-ff", "-m", "merge", first);
    const args = ["--base", "main", "--head", "change"];
    expect(repo.git("merge-base", "main", "change").trim()).toBe(first);
    expect(namesOf(await checkReport(repo, ...args))).toEqual([`rules-changed ${POLICY}:1`]);
  });

  it("where those places are in conflict with each other: exit 2", async () => {
    repo = makeRepo({ [POLICY]: ENFORCE, "x.md": "x\n" });
    repo.git("switch", "-q", "-c", "change");
    commit({ "x.md": "one\n" });
    const first = repo.git("rev-parse", "change").trim();
    repo.git("switch", "-q", "main");
    commit({ "x.md": "two\n" });
    const second = repo.git("rev-parse", "main").trim();
    repo.git("merge", "-q", "-s", "ours", "-m", "merge", first);
    repo.git("switch", "-q", "change");
    repo.git("merge", "-q", "-s", "ours", "-m", "merge", second);
    expect(await check(repo, "--base", "main")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Merge the base into it first"),
    });
  });
});
