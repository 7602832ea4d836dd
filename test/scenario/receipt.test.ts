import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { receiptVerb } from "../../src/surface/cli/receipt.js";
import { makeRepo, type Repo } from "./harness.js";
import { runScripted, submit, write } from "./scripted-run.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: signed
title: Signed
phases:
  - id: build
    tasks:
      - {id: A, title: One, owner: implementer, files: {write: [a.md]}}
      - {id: B, title: Two, owner: implementer, needs: [A], files: {write: [b.md]}}
`;
const BRANCH = "worknode/signed/1";

let repo: Repo;
let trust: string;

beforeAll(async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const replies = { "A:work:1": [write("a.md", "one\n"), submit], "B:work:1": [write("b.md", "two\n"), submit] };
  expect((await runScripted(repo, replies)).exitCode).toBe(0);
  trust = join(repo.dir, "..", "trust.pem");
  const key = await receipt("key");
  expect(key.code).toBe(0);
  repo.write("../trust.pem", key.out);
});
afterAll(() => repo.remove());

/** Every test starts on a branch of its own at the cycle's result, and leaves the others alone. */
beforeEach(() => {
  repo.git("switch", "-q", "-C", "work", BRANCH);
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the verb in the repository, or elsewhere. */
async function receipt(...args: string[]): Promise<Said> {
  return await receiptIn(repo.dir, ...args);
}

async function receiptIn(cwd: string, ...args: string[]): Promise<Said> {
  let [out, err] = ["", ""];
  const context = {
    cwd,
    env: repo.env,
    out: { write: (text: string) => void (out += text), closed: false },
    err: { write: (text: string) => void (err += text), closed: false },
  };
  const code = await receiptVerb(context as never, args);
  return { code, out, err };
}

interface Found {
  readonly standing: string;
  readonly faults: readonly { rule: string; path: string | null }[];
  readonly receipts: readonly { task: string }[];
}

/** Verifies a range with the public key alone. */
async function verify(range: string): Promise<{ code: number; commits: Found[] }> {
  const said = await receipt("verify", range, "--trust", trust, "--output-format", "json");
  return { code: said.code, commits: JSON.parse(said.out).commits };
}

const standings = (commits: readonly Found[]): string[] => commits.map(({ standing }) => standing);
const rules = (commits: readonly Found[]): string[] => commits.flatMap(({ faults }) => faults.map(({ rule }) => rule));

describe("commits of a cycle", () => {
  it("carry a receipt that binds tree, capability, plan, checks, evidence and approval", async () => {
    const said = await receipt("show", BRANCH, "--trust", trust, "--output-format", "json");
    const [{ receipt: statement }] = JSON.parse(said.out).receipts;
    expect(statement.subject[0].digest.gitTree).toBe(repo.git("rev-parse", `${BRANCH}^{tree}`).trim());
    const { predicate } = statement;
    expect(predicate.parent.commit).toBe(repo.git("rev-parse", `${BRANCH}~1`).trim());
    expect(predicate.changes).toMatchObject([{ path: "b.md", before: null, mode: "100644" }]);
    expect(predicate.capabilities).toMatchObject([{ agent: "implementer", write: ["b.md"], depth: 0 }]);
    expect(predicate.checks).toMatchObject({ pass: true });
    expect(predicate.evidence.map(({ type }: { type: string }) => type)).toEqual(["VERIFIED", "EXECUTION_ENDED"]);
    expect(predicate.approvals).toMatchObject([{ subject: "plan", decision: "approved" }]);
    const store = repo.store();
    const hashes = new Map(store.events({}).map(({ id, hash }) => [id, hash]));
    store.close();
    for (const { event, hash } of predicate.evidence) expect(hashes.get(event)).toBe(hash);
    const trailers = repo.git(
      "log",
      "-1",
      "--format=%(trailers:key=Worknode-Task)%(trailers:key=Worknode-Agent)",
      BRANCH,
    );
    expect(trailers).toContain("Worknode-Task: B");
    expect(trailers).toContain("Worknode-Agent: implementer");
  });

  it("verify with the public key alone, in a clone without the project's state", async () => {
    const clone = join(repo.dir, "..", "clone");
    execFileSync("git", ["clone", "-q", "--branch", BRANCH, repo.dir, clone], { env: repo.env });
    const said = await receiptIn(clone, "verify", "origin/main..HEAD", "--trust", trust);
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(said.out.match(/ {2}verified {2}[AB] by implementer/g)).toHaveLength(2);
  });

  it("are shown for people too", async () => {
    const { out } = await receipt("show", BRANCH, "--trust", trust);
    expect(out).toContain("B by implementer, cycle 1 of signed");
    expect(out).toContain("may write b.md");
  });
});

describe("a commit", () => {
  it("whose message or author alone was changed is still verified", async () => {
    repo.git("commit", "-q", "--amend", "--reset-author", "-m", repo.git("log", "-1", "--format=%B"));
    expect(await verify(`${BRANCH}~1..work`)).toMatchObject({ code: 0, commits: [{ standing: "verified" }] });
  });

  it("whose content was changed is refused", async () => {
    repo.write("b.md", "three\n");
    repo.git("commit", "-q", "-a", "--amend", "--no-edit");
    const { code, commits } = await verify(`${BRANCH}~1..work`);
    expect([code, ...standings(commits), ...rules(commits)]).toEqual([4, "refused", "provenance-changed"]);
  });

  it("made outside is unsigned", async () => {
    repo.write("c.md", "by hand\n");
    repo.git("add", "c.md");
    repo.git("commit", "-q", "-m", "by hand");
    const { code, commits } = await verify(`${BRANCH}..work`);
    expect([code, ...rules(commits)]).toEqual([4, "provenance-missing"]);
  });

  it("signed by another project is refused", async () => {
    const other = makeRepo({ "a.txt": "" });
    const context = { cwd: other.dir, env: other.env, out: { write: (text: string) => other.write("k.pem", text) } };
    await receiptVerb(context as never, ["key"]);
    const said = await receipt("verify", "work", "--trust", join(other.dir, "k.pem"));
    other.remove();
    expect(said.code).toBe(4);
    expect(said.out).toContain(
      "provenance-signature: the receipt is not believed: the key that signed it is not trusted",
    );
  });
});

describe("taking the work home", () => {
  beforeEach(() => {
    repo.git("switch", "-q", "-C", "home", "main");
  });

  it("by a merge: the commits keep their receipts and the merge needs none", async () => {
    repo.write("own.md", "mine\n");
    repo.git("add", "own.md");
    repo.git("commit", "-q", "-m", "mine");
    repo.git("merge", "-q", "--no-ff", "-m", "Merge the crew's work", BRANCH);
    const { commits } = await verify("main..home");
    expect(standings(commits).sort()).toEqual(["merged", "unsigned", "verified", "verified"]);
  });

  it("by a merge that smuggles something in: it needs a receipt", async () => {
    repo.git("merge", "-q", "--no-ff", "--no-commit", BRANCH);
    repo.write("smuggled.md", "x\n");
    repo.git("add", "smuggled.md");
    repo.git("commit", "-q", "-m", "Merge");
    const { code, commits } = await verify("main..home");
    expect(code).toBe(4);
    expect(standings(commits)).toContain("unsigned");
  });

  it("by a squash: accepted with the receipts its message collects", async () => {
    repo.git("merge", "-q", "--squash", BRANCH);
    repo.git("commit", "-q", "--no-edit");
    const { code, commits } = await verify("main..home");
    expect([code, ...standings(commits)]).toEqual([0, "squashed"]);
    expect(commits[0]?.receipts.map(({ task }) => task)).toEqual(["A", "B"]);
  });

  it("by a squash with a message of its own: accepted with the receipts of the branch", async () => {
    repo.git("merge", "-q", "--squash", BRANCH);
    repo.git("commit", "-q", "-m", "Feature (#1)");
    expect(standings((await verify("main..home")).commits)).toEqual(["squashed"]);
  });

  it("by a squash that adds something: refused", async () => {
    repo.git("merge", "-q", "--squash", BRANCH);
    repo.write("more.md", "x\n");
    repo.git("add", "more.md");
    repo.git("commit", "-q", "--no-edit");
    const { code, commits } = await verify("main..home");
    expect([code, ...standings(commits), ...rules(commits)]).toEqual([
      4,
      "refused",
      "provenance-changed",
      "provenance-whitelist",
    ]);
  });

  it.each([
    ["rebase", () => repo.git("rebase", "-q", "home", "work")],
    ["cherry-pick", () => repo.git("cherry-pick", `main..${BRANCH}`)],
  ])("by a %s onto a base that moved: it says so, and wants it verified again", async (_, carry) => {
    repo.write("own.md", "mine\n");
    repo.git("add", "own.md");
    repo.git("commit", "-q", "-m", "mine");
    const moved = repo.git("rev-parse", "home").trim();
    carry();
    const { code, commits } = await verify(`${moved}..HEAD`);
    expect([code, ...standings(commits)]).toEqual([4, "rebased", "rebased"]);
    expect(rules(commits)).toEqual(["provenance-rebased", "provenance-rebased"]);
  });

  it("from a shallow clone: says what to fetch", async () => {
    const clone = join(repo.dir, "..", "shallow");
    const from = `file://${repo.dir}`;
    execFileSync("git", ["clone", "-q", "--depth", "1", "--branch", BRANCH, from, clone], { env: repo.env });
    await expect(receiptIn(clone, "verify", "HEAD", "--trust", trust)).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe("bad input", () => {
  it("without a key of its own and without a trust file there is nothing to believe, and no key is made", async () => {
    const other = makeRepo({ "a.txt": "" });
    const context = { cwd: other.dir, env: other.env, out: { write: () => undefined } };
    const verified = Promise.resolve().then(() => receiptVerb(context as never, ["verify", "HEAD"]));
    await expect(verified).rejects.toMatchObject({ code: "NO_KEY", exitCode: 2 });
    const made = existsSync(join(other.dir, "..", "state"));
    other.remove();
    expect(made).toBe(false);
  });

  it.each([
    ["an unknown commit", ["verify", "nosuch"], "UNKNOWN_REF"],
    ["a commit that is an option", ["verify", "--", "--all"], "UNKNOWN_REF"],
    ["a trust file that is missing", ["verify", "HEAD", "--trust", "/nowhere"], "BAD_TRUST"],
    ["a trust file that is none", ["verify", "HEAD", "--trust", "plan.yaml"], "BAD_TRUST"],
    ["an unknown part", ["forge"], "USAGE"],
  ])("%s is a clear error", async (_, args, code) => {
    await expect(receipt(...args)).rejects.toMatchObject({ code, exitCode: 2 });
  });
});
