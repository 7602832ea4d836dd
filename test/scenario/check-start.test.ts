import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { ciFiles } from "../../src/surface/check/ci-files.js";
import { policyShape } from "../../src/surface/check/policy-shape.js";
import { isPlainPlan } from "../../src/surface/check/single/plain-plan.js";
import { checkUnchanged } from "../../src/surface/check/unchanged.js";
import { reportFault } from "../../src/surface/cli/report-fault.js";
import { makeContext } from "../unit/surface/screen.js";
import { branchy, type CheckRun, check } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

const CHECK = fileURLToPath(new URL("../../dist/check.mjs", import.meta.url));
const open: Repo[] = [];
function repository(files: Record<string, string> = {}): Repo {
  const repo = makeRepo({ "src/a.ts": branchy("a", 3), ...files });
  open.push(repo);
  repo.git("switch", "-q", "-c", "change");
  return repo;
}
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

/** What the start of the single file does alone: its exit code and words, or nothing. */
async function start(repo: Pick<Repo, "dir" | "env">, ...args: string[]): Promise<Partial<CheckRun>> {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  try {
    const code = checkUnchanged(context, args, { version: "0.0.0", policy: SHAPE, isPlainPlan });
    return code === undefined ? { out: context.printed() } : { code, out: context.printed(), err: "" };
  } catch (thrown) {
    return { code: await reportFault(context, thrown), out: context.printed(), err: context.complained() };
  }
}

/** As the build makes it. */
const SHAPE = policyShape();
const POLICY = ".worknode/check.yaml";

/** A plan without an error. */
const MINIMAL = readFileSync("plans/minimal.yaml", "utf8");

/** Nothing was said: the whole program has to look. */
const LEFT = { out: "" };

/** What `install ci` writes. */
const INSTALLED = String(ciFiles("github", { checkFile: CHECK }).find(({ path }) => path === POLICY)?.content);

describe("the start of the single file", () => {
  it.each([
    ["the base itself", (_repo: Repo) => undefined],
    ["a commit of nothing", (repo: Repo) => repo.git("commit", "-q", "--allow-empty", "-m", "nothing")],
    [
      "a merge of the base that brings nothing",
      (repo: Repo) => {
        repo.git("commit", "-q", "--allow-empty", "-m", "nothing");
        const tree = repo.git("rev-parse", "HEAD^{tree}").trim();
        repo.git("reset", "-q", "--hard", repo.git("commit-tree", tree, "-p", "main", "-p", "HEAD", "-m", "m").trim());
      },
    ],
  ])("says of %s what the whole program says, word for word", async (_what, prepare) => {
    const repo = repository({ ".worknode/other.yaml": "a: 1\n" });
    prepare(repo);
    for (const mode of [[], ["--mode", "observe"], ["--mode", "warn"], ["--mode", "enforce"]])
      for (const format of ["text", "json", "sarif", "junit", "github", "markdown"]) {
        const args = ["--base", "main", ...mode, "--format", format];
        expect(await start(repo, ...args)).toEqual(await check(repo, ...args));
      }
    const said = await check(repo, "--base", "main");
    expect(await start(repo, "--base", "main")).toEqual(said);
    expect(await start({ dir: join(repo.dir, "src"), env: repo.env }, "--base", "main")).toEqual(said);
  });

  it("takes the base from CI, and writes the report where it is asked to", async () => {
    const repo = repository();
    repo.git("update-ref", "refs/remotes/origin/main", "main");
    for (const ci of [{ GITHUB_BASE_REF: "main" }, { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main" }]) {
      const at = { dir: repo.dir, env: { ...repo.env, ...ci } };
      expect(await start(at)).toEqual(await check(at));
      expect(await start(at, "--base", "main")).toEqual(await check(at, "--base", "main"));
      const other = { dir: repo.dir, env: { ...repo.env, GITHUB_BASE_REF: "gone" } };
      expect(await start(other, "--base", "main")).toMatchObject({ code: 0 });
      const read = (): string => readFileSync(join(repo.dir, "report.xml"), "utf8");
      const args = ["--format", "junit", "--output", "report.xml"];
      const whole = { run: await check(at, ...args), report: read() };
      repo.write("report.xml", "");
      expect({ run: await start(at, ...args), report: read() }).toEqual(whole);
      const nowhere = ["--output", "no/such/folder"];
      expect(await start(at, ...nowhere)).toEqual(await check(at, ...nowhere));
    }
  });

  it("leaves to the whole program what differs, what has a policy, and what is told otherwise", async () => {
    const repo = repository();
    for (const args of [
      [],
      ["--base"],
      ["--base", "gone"],
      ["--base", "@{upstream}"],
      ["--base", "-x"],
      ["--base=main"],
      ["--base", "main", "--base", "main"],
      ["--base", "main", "--mode", "block"],
      ["--base", "main", "--format", "xml"],
      ["--base", "main", "--all"],
      ["--base", "main", "--plan", "plan.yaml"],
    ])
      expect(await start(repo, ...args), args.join(" ")).toEqual(LEFT);
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("commit", "-q", "-am", "change");
    expect(await start(repo, "--base", "main")).toEqual(LEFT);
    repo.git("switch", "-q", "-C", "elsewhere", "main");
    repo.git("commit", "-q", "--allow-empty", "-m", "one");
    repo.git("commit", "-q", "--allow-empty", "-m", "two");
    expect(await start(repo, "--base", "main")).toEqual(LEFT);
    expect(await start({ dir: join(repo.dir, ".."), env: repo.env }, "--base", "main")).toEqual(LEFT);
    expect(await start({ dir: repo.dir, env: { ...repo.env, PATH: "/nowhere" } }, "--base", "main")).toEqual(LEFT);
  });

  it.each([
    "version: 1\n",
    "version: 1\nmode: warn # for now\nlanguages: [typescript, tsx]\n",
    "version: 1\nmode: enforce\n",
    INSTALLED,
    "version: 1\nagents: [robby]\napprovers:\n  - ana\nseverities: { no-suppression: warning }\nprovenance: require\n",
    "version: 1\nexclude: [src/gen/**]\n",
    "version: 1\nexclude: ['**/*.gen.ts', src/gen/deep/x.ts, \"src/{gen,lib}/[ab].ts\"]\n",
    "version: 1\nexclude: [.worknode/check.yaml]\n",
    "version: 1\nexclude: [gone]\n",
    "version: 1\nexclude: [src/gen/**, src/gen]\n",
    "version: 1\nexclude: [src/gen/]\n",
    "version: 1\nexclude: ['**']\n",
    "version: 1\nexclude: ['*/**']\n",
    "version: 1\nexclude: ['-z']\n",
  ])("says under a plain policy what the whole program says: %j", async (policy) => {
    const gen = { "src/gen/a.ts": "1\n", "src/gen/b.gen.ts": "1\n", "src/gen/deep/x.ts": "1\n" };
    const repo = repository({ [POLICY]: policy, ...gen });
    for (const mode of [[], ["--mode", "observe"], ["--mode", "warn"], ["--mode", "enforce"]]) {
      const args = ["--base", "main", ...mode];
      const said = await check(repo, ...args);
      expect(await start(repo, ...args)).toEqual(said);
      expect(await start({ dir: join(repo.dir, "src"), env: repo.env }, ...args)).toEqual(said);
    }
  });

  it.each([
    ["plan.yaml", "version: 1\nplan: plan.yaml\nmode: warn\n"],
    ["plans/deep/work.yaml", "version: 1\nplan: 'plans/deep/work.yaml'\nexclude: [src/gen/**]\ntrust: keys/t.pem\n"],
  ])("says under a policy that names the plan %s what the whole program says", async (path, policy) => {
    const repo = repository({ [POLICY]: policy, [path]: MINIMAL, "src/gen/a.ts": "1\n" });
    for (const mode of [[], ["--mode", "observe"], ["--mode", "enforce"]]) {
      const args = ["--base", "main", ...mode];
      const said = await check(repo, ...args);
      expect(said.code).toBe(mode.includes("enforce") ? 2 : 0);
      expect(await start(repo, ...args)).toEqual(said);
      expect(await start({ dir: join(repo.dir, "src"), env: repo.env }, ...args)).toEqual(said);
    }
  });

  it.each([
    ["has an error", { "plan.yaml": MINIMAL.replace("implementer", "nobody") }],
    ["may be written by its own tasks", { "plan.yaml": MINIMAL.replace("docs/overview.md", "plan.yaml") }],
    ["is of another form", { "plan.yaml": `${MINIMAL}description: &a x\n` }],
    ["is a folder", { "plan.yaml/x": MINIMAL }],
    ["is not there", {}],
  ])("leaves a plan to the whole program that %s", async (_what, files) => {
    const repo = repository({ [POLICY]: "version: 1\nplan: plan.yaml\n", ...files });
    expect(await start(repo, "--base", "main")).toEqual(LEFT);
    expect(await start(repo, "--base", "main", "--mode", "enforce")).toEqual(LEFT);
  });

  it("leaves a plan to the whole program that is a link or no text", async () => {
    const repo = repository({ [POLICY]: "version: 1\nplan: plan.yaml\n", "work.yaml": MINIMAL });
    const blob = repo.git("rev-parse", "HEAD:work.yaml").trim();
    repo.git("update-index", "--add", "--cacheinfo", `120000,${blob},plan.yaml`);
    repo.git("commit", "-q", "-m", "a link that reads like a plan");
    expect(await start(repo, "--base", "HEAD")).toEqual(LEFT);
    writeFileSync(join(repo.dir, "plan.yaml"), Buffer.from(`${MINIMAL}# caf\u00e9\n`, "latin1"));
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "no text");
    expect(await start(repo, "--base", "HEAD")).toEqual(LEFT);
  });

  it("asks git once where the checkout has what the base has, and goes by the base where it does not", async () => {
    const policy = "version: 1\nplan: work/plan.yaml\nexclude: ['**/*.gen.ts', src/a.ts, 'lib/[x]/**']\n";
    const gen = { "src/deep/b.gen.ts": "1\n", "src/deep/c.ts": "1\n", "lib/[x]/a.ts": "1\n", "lib/x/a.ts": "1\n" };
    const repo = repository({ [POLICY]: policy, "work/plan.yaml": MINIMAL, ...gen });
    const asked = join(repo.dir, "../asked");
    const programs = join(repo.dir, "../programs");
    mkdirSync(programs);
    const git = spawnSync("sh", ["-c", "command -v git"], { env: repo.env, encoding: "utf8" }).stdout.trim();
    writeFileSync(join(programs, "git"), `#!/bin/sh\necho >>'${asked}'\nexec '${git}' "$@"\n`, { mode: 0o755 });
    const at = { dir: repo.dir, env: { ...repo.env, PATH: `${programs}:${repo.env["PATH"]}` } };
    const said = await check(repo, "--base", "main");
    const runs = async (): Promise<number> => {
      writeFileSync(asked, "");
      expect(await start(at, "--base", "main")).toEqual(said);
      return readFileSync(asked, "utf8").length;
    };
    expect(await runs()).toBe(1);
    repo.write("node_modules/a.gen.ts", "1\n");
    rmSync(join(repo.dir, "src/deep/b.gen.ts"));
    expect(await runs()).toBe(2);
    repo.write("src/none.gen.ts", "1\n");
    expect(await runs()).toBe(2);
    repo.write(POLICY, 'version: 1\nplan: other.yaml\nexclude: [src/none.gen.ts, other, "a\\nb"]\n');
    expect(await runs()).toBe(3);
    repo.write(POLICY, "none\n");
    expect(await runs()).toBe(3);
    rmSync(join(repo.dir, ".worknode"), { recursive: true });
    expect(await runs()).toBe(3);
    repo.write(`${POLICY}/folder`, "");
    expect(await runs()).toBe(3);
  });

  it.each([
    "version: 2\n",
    "mode: observe\n",
    "version: 1\nmod: observe\n",
    "version: 1\nexclude: ''\n",
    "version: 1\nexclude: ['../main']\n",
    "version: 1\nexclude: [src/**]\nplan: gone\n",
    "version: 1\nplan: gone\n",
    "version: 1\nagents: [caf\u00e9]\n".replace("\u00e9", "\udce9"),
  ])("leaves a policy to the whole program that does not hold, whatever mode is given: %j", async (policy) => {
    const repo = repository({ [POLICY]: policy });
    for (const mode of [[], ["--mode", "warn"], ["--mode", "enforce"]])
      expect(await start(repo, "--base", "main", ...mode)).toEqual(LEFT);
  });

  it("works where ids are of SHA-256", async () => {
    const repo = repository();
    const other = join(repo.dir, "../other");
    repo.git("init", "-q", "--object-format=sha256", "-b", "main", other);
    const at = { dir: other, env: repo.env };
    repo.git("-C", other, "commit", "-q", "--allow-empty", "-m", "one");
    const run = await check(at, "--base", "HEAD");
    expect(run.out).toMatch(/nothing differs/);
    expect(await start(at, "--base", "HEAD")).toEqual(run);
  });

  it("is a small part of the file, and runs without the rest where nothing differs", () => {
    const repo = repository();
    const text = readFileSync(CHECK, "latin1");
    const alone = text.slice(0, text.indexOf("\n//worknode-part program.js "));
    expect(alone.indexOf("\n//worknode-part plans.js ")).toBeLessThan(45_000);
    expect(alone.length).toBeLessThan(200_000);
    repo.write("../start.mjs", alone);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["../start.mjs", ...args], { cwd: repo.dir, env: repo.env, encoding: "utf8" });
    expect(run("--base", "main")).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^note: nothing/),
    });
    repo.write(POLICY, INSTALLED);
    repo.git("add", "-A");
    repo.git("commit", "-q", "-m", "policy");
    expect(run("--base", "HEAD")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^note: nothing/) });
    const plan = readFileSync("plans/linkcheck.yaml", "utf8");
    const commitPlan = (changed: string): void => {
      repo.write(POLICY, "version: 1\nplan: plan.yaml\n");
      repo.write("plan.yaml", changed);
      repo.git("add", "-A");
      repo.git("commit", "-q", "-m", "plan");
    };
    commitPlan(plan);
    expect(run("--base", "HEAD")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^note: nothing/) });
    commitPlan(plan.replace("phases.execute.status", "phases.executed.status"));
    expect(run("--base", "HEAD")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/program\.js/),
    });
    repo.write("../start.mjs", alone.slice(0, alone.indexOf("\n//worknode-part plans.js ")));
    expect(run("--base", "HEAD")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(/plans\.js/) });
    repo.write("../start.mjs", alone);
    repo.git("reset", "-q", "--hard", "main");
    expect(run("--base", "main", "--all")).toMatchObject({
      status: 2,
      stdout: "",
      stderr:
        "worknode: this file lacks its part program.js: it was cut or changed. Get it again, and compare its checksum.\n",
    });
    repo.write("../start.mjs", text.replace(/(?<=\/\/worknode-part program\.js .{100}).{20}/, "AAAAAAAAAAAAAAAAAAAA"));
    expect(run("--base", "main", "--all")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^worknode: this file lacks its part program\.js: .*\n$/),
    });
  });
});
