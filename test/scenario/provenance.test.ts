import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { receiptVerb } from "../../src/surface/cli/receipt.js";
import { reportFault } from "../../src/surface/cli/report-fault.js";
import { makeContext } from "../unit/surface/screen.js";
import { type CheckRun, check, checkReport } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";
import { runScripted, submit, write } from "./scripted-run.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Notes
phases:
  - id: write
    tasks:
      - { id: N-1, title: One, owner: implementer, files: { write: [notes/one.md] } }
      - { id: N-2, title: Two, owner: implementer, needs: [N-1], files: { write: [notes/two.md, "notes/more/*.md"] } }
`;
const BRANCH = "worknode/notes/1";

let repo: Repo;
let base = "";

async function receipt(...args: string[]): Promise<CheckRun> {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  const code = await receiptVerb(context, args).catch((thrown: unknown) => reportFault(context, thrown));
  return { code, out: context.printed(), err: context.complained() };
}

beforeAll(async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  repo.write(".worknode/trust.pem", (await receipt("key")).out);
  repo.write(".worknode/check.yaml", "version: 1\nmode: enforce\nprovenance: require\n");
  repo.git("add", "-A");
  repo.git("commit", "-q", "-m", "rules");
  base = repo.git("rev-parse", "HEAD").trim();
  const { exitCode } = await runScripted(repo, {
    "N-1:work:1": [write("notes/one.md"), submit],
    "N-2:work:1": [write("notes/two.md"), submit],
  });
  expect(exitCode).toBe(0);
});
afterAll(() => repo.remove());

/** A branch of its own from a start, made by git commands; the rules the check says are broken. */
async function on(
  start: string,
  make: () => void,
  ...args: string[]
): Promise<{ code: number; rules: string[]; notes: string[] }> {
  repo.git("switch", "-q", "--discard-changes", "-C", "try", start);
  make();
  const report = await checkReport(repo, "--base", base, "--head", "try", ...args);
  return { code: report.exit_code, rules: report.findings.map(({ rule }) => rule), notes: report.notes };
}

const git = (...args: string[]): string => repo.git(...args);
function commit(files: Record<string, string>, message = "by hand"): void {
  for (const [path, text] of Object.entries(files)) repo.write(path, text);
  git("add", ...Object.keys(files));
  git("commit", "-q", "-m", message);
}
const messageOf = (name: string): string => git("log", "-1", "--format=%B", name);

describe("commits of worknode's", () => {
  it("pass by the base's trusted keys, and the report says who did and who approved them", async () => {
    const { code, notes } = await on(BRANCH, () => undefined);
    expect(code).toBe(0);
    expect(notes.map((note) => note.replace(/^\w+ /, ""))).toEqual([
      expect.stringMatching(/^verified N-1 by implementer; approved by \S+$/),
      expect.stringMatching(/^verified N-2 by implementer; approved by \S+$/),
    ]);
  });

  it("do not pass in a repository that trusts other keys, and cannot be verified without any", async () => {
    const folder = mkdtempSync(join(tmpdir(), "worknode-trust-"));
    const file = join(folder, "trust.pem");
    const { publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(file, publicKey.export({ type: "spki", format: "pem" }));
    const { code, rules } = await on(BRANCH, () => undefined, "--trust", file);
    expect({ code, rules }).toEqual({ code: 4, rules: ["provenance-signature", "provenance-signature"] });
    writeFileSync(file, "no keys");
    const args = ["--base", base, "--head", BRANCH, "--trust"];
    expect(await check(repo, ...args, file)).toMatchObject({ code: 2, err: expect.stringContaining("no trust file") });
    const gone = expect.stringContaining("not in the base commit");
    expect(await check(repo, ...args, "gone.pem")).toMatchObject({ code: 2, err: gone });
    rmSync(folder, { recursive: true });
  });

  it("do not pass when their capability is revoked: exit 3", async () => {
    const shown = JSON.parse((await receipt("show", `${BRANCH}~1`, "--output-format", "json")).out);
    const id = shown.receipts[0].receipt.predicate.capabilities[0].id as string;
    const file = join(repo.dir, "..", "revoked.pem");
    writeFileSync(file, `${(await receipt("key")).out}revoked: ${id}\n`);
    expect(await on(BRANCH, () => undefined, "--trust", file)).toMatchObject({
      code: 3,
      rules: ["provenance-capability"],
    });
  });

  it("are verified by keys of the base: a change that brings its own is a finding", async () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const pem = String(publicKey.export({ type: "spki", format: "pem" }));
    const { code, rules } = await on(BRANCH, () => commit({ ".worknode/trust.pem": pem }));
    expect({ code, rules }).toEqual({ code: 6, rules: ["provenance-missing", "rules-changed"] });
  });
});

describe("what was done to them afterwards", () => {
  it("a commit made outside is found, and warned of where provenance only warns", async () => {
    const make = (): void => commit({ "notes/three.md": "mine\n" });
    expect(await on(BRANCH, make)).toMatchObject({ code: 4, rules: ["provenance-missing"] });
    expect(await on(BRANCH, make, "--provenance", "warn")).toMatchObject({ code: 0, rules: ["provenance-missing"] });
    expect((await on(BRANCH, make, "--provenance", "off")).rules).toEqual([]);
  });

  it("an amended commit is found: another content, a file outside its whitelist, another trailer", async () => {
    const amend = (files: Record<string, string>): void => {
      for (const [path, text] of Object.entries(files)) repo.write(path, text);
      git("add", ...Object.keys(files));
      git("commit", "-q", "--amend", "--no-edit");
    };
    expect((await on(BRANCH, () => amend({ "notes/two.md": "y\n" }))).rules).toEqual(["provenance-changed"]);
    const outside = await on(BRANCH, () => amend({ "README.md": "y\n" }));
    expect(outside).toMatchObject({ code: 3, rules: ["provenance-changed", "provenance-whitelist"] });
    const message = messageOf(BRANCH).replace("Worknode-Task: N-2", "Worknode-Task: N-9");
    const trailer = await on(BRANCH, () => git("commit", "-q", "--amend", "-m", message));
    expect(trailer).toMatchObject({ code: 4, rules: ["provenance-trailers"] });
  });

  it("a receipt copied to another commit is worth nothing", async () => {
    const copied = await on(base, () => commit({ "notes/two.md": "other\n" }, messageOf(BRANCH)));
    expect(copied).toMatchObject({ code: 4, rules: ["provenance-changed"] });
  });

  it("a plan other than the one named is found", async () => {
    expect((await on(BRANCH, () => undefined, "--plan", "plan.yaml")).rules).toEqual([]);
    const other = join(repo.dir, "..", "other.yaml");
    writeFileSync(other, PLAN.replace("title: Notes", "title: Other"));
    const { code, rules } = await on(BRANCH, () => undefined, "--plan", other);
    expect({ code, rules }).toEqual({ code: 3, rules: ["provenance-capability", "provenance-capability"] });
  });
});

describe("ways to take them over", () => {
  it("a merge passes when it adds nothing of its own", async () => {
    git("switch", "-q", "--discard-changes", "-C", "side", base);
    commit({ "other.md": "o\n" });
    const side = git("rev-parse", "side").trim();
    const merge = (...more: string[]): void => void git("merge", "-q", "--no-ff", "-m", "merge", ...more, BRANCH);
    expect(await on("side", () => merge(), "--base", side)).toMatchObject({ code: 0, rules: [] });
    const make = (): void => {
      merge("--no-commit");
      commit({ "slipped.md": "in\n" }, "merge");
    };
    expect((await on("side", make, "--base", side)).rules).toEqual(["provenance-missing"]);
  });

  it("a squash to the same tree passes, with its receipts in the message or on the branch", async () => {
    const squash = (message: string) => (): void => {
      git("merge", "-q", "--squash", BRANCH);
      git("commit", "-q", "-m", message);
    };
    const joined = `Both\n\n${messageOf(`${BRANCH}~1`)}\n\n${messageOf(BRANCH)}`;
    for (const message of [joined, joined.replace(/^/gm, "    "), "Both"]) {
      const { code, rules, notes } = await on(base, squash(message));
      expect({ code, rules }).toEqual({ code: 0, rules: [] });
      expect(notes[0]).toMatch(/^\w+ squashed N-1 by implementer, N-2 by implementer/);
    }
  });

  it("a look at the whole tree verifies no commit, and does not say that it did", async () => {
    const report = await checkReport(repo, "--all", "--mode", "observe");
    expect(report).toMatchObject({ provenance: "off", checked: { commits: 0 } });
    expect(report.checked.rules).not.toContain("provenance");
  });

  it("a rebase and a cherry-pick say that nobody has verified the tree they made", async () => {
    git("switch", "-q", "--discard-changes", "-C", "side", base);
    commit({ "other.md": "o\n" });
    const side = git("rev-parse", "side").trim();
    const rebase = await on(BRANCH, () => git("rebase", "-q", side), "--base", side);
    expect(rebase).toMatchObject({ code: 4, rules: ["provenance-rebased", "provenance-rebased"] });
    expect((await on(base, () => git("cherry-pick", BRANCH))).rules).toEqual(["provenance-rebased"]);
  });

  it("work that was taken back is not covered by its receipt when it is done again, on top or beside", async () => {
    git("switch", "-q", "--discard-changes", "-C", "main", BRANCH);
    git("revert", "--no-edit", BRANCH);
    commit({ "other.md": "o\n" });
    const main = git("rev-parse", "main").trim();
    const refused = { code: 4, rules: ["provenance-changed"] };
    const rebased = { code: 4, rules: ["provenance-changed", "provenance-rebased"] };
    expect(await on(main, () => git("cherry-pick", BRANCH), "--base", main)).toMatchObject(rebased);
    git("switch", "-q", "--discard-changes", "-C", "exact", `${main}~1`);
    const exact = git("rev-parse", "exact").trim();
    expect(await on(exact, () => git("cherry-pick", BRANCH), "--base", exact)).toMatchObject(refused);
    const beside = await on(
      `${BRANCH}~1`,
      () => commit({ "notes/two.md": git("show", `${BRANCH}:notes/two.md`) }, `again\n\n${messageOf(BRANCH)}`),
      "--base",
      main,
    );
    expect(beside).toMatchObject(refused);
    const twice = await on(BRANCH, () => {
      git("revert", "--no-edit", BRANCH);
      git("cherry-pick", BRANCH);
    });
    expect(twice.rules).toEqual(["provenance-changed", "provenance-changed", "provenance-whitelist"]);
  });

  it("work that the base has by another way is no replay: a branch goes on after its squash", async () => {
    git("switch", "-q", "--discard-changes", "-C", "main", base);
    git("merge", "-q", "--squash", BRANCH);
    git("commit", "-q", "-m", `squash\n\n${messageOf(`${BRANCH}~1`)}\n${messageOf(BRANCH)}`);
    const { code, notes } = await on(BRANCH, () => undefined, "--base", "main");
    expect({ code, verified: notes.filter((note) => note.includes(" verified ")).length }).toEqual({
      code: 0,
      verified: 2,
    });
  });

  it("a shallow clone that holds the whole change is enough, and one that does not says so", async () => {
    const clone = (depth: number): string => {
      const dir = mkdtempSync(join(repo.dir, "..", "clone-"));
      git("clone", "-q", "--depth", String(depth), "--branch", BRANCH, `file://${repo.dir}`, dir);
      return dir;
    };
    expect(await check({ dir: clone(3), env: repo.env }, "--base", base)).toMatchObject({ code: 0, err: "" });
    const refused = expect.stringContaining("fetch-depth: 0");
    expect(await check({ dir: clone(2), env: repo.env }, "--base", base)).toMatchObject({ code: 2, err: refused });
  });
});
