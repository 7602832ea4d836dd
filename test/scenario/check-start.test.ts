import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { checkPolicySchema } from "../../src/schema/check-policy.js";
import { ciFiles } from "../../src/surface/check/ci-files.js";
import { type PolicyShape, plainMode } from "../../src/surface/check/plain-policy.js";
import { parsePolicy } from "../../src/surface/check/policy.js";
import { checkUnchanged } from "../../src/surface/check/unchanged.js";
import { makeContext } from "../unit/surface/screen.js";
import { branchy, check } from "./check-ground.js";
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
function start(repo: Pick<Repo, "dir" | "env">, ...args: string[]): { code: number | undefined; out: string } {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  return { code: checkUnchanged(context, args, { version: "0.0.0", policy: SHAPE }), out: context.printed() };
}

/** As the build makes it. */
const SHAPE = z.toJSONSchema(checkPolicySchema, { io: "input", unrepresentable: "any" }) as PolicyShape;
const POLICY = ".worknode/check.yaml";

const LEFT = { code: undefined, out: "" };

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
    for (const mode of [[], ["--mode", "observe"], ["--mode", "warn"]])
      for (const format of ["text", "json", "sarif", "junit", "github", "markdown"]) {
        const args = ["--base", "main", ...mode, "--format", format];
        const { code, out } = await check(repo, ...args);
        expect(start(repo, ...args)).toEqual({ code, out });
      }
    const { out } = await check(repo, "--base", "main");
    expect(start(repo, "--base", "main")).toEqual({ code: 0, out });
    expect(start({ dir: join(repo.dir, "src"), env: repo.env }, "--base", "main").out).toBe(out);
  });

  it("leaves to the whole program what differs, what has a policy, and what is told otherwise", () => {
    const repo = repository();
    for (const args of [
      [],
      ["--base"],
      ["--base", "gone"],
      ["--base", "@{upstream}"],
      ["--base", "-x"],
      ["--base=main"],
      ["--base", "main", "--base", "main"],
      ["--base", "main", "--mode", "enforce"],
      ["--base", "main", "--format", "xml"],
      ["--base", "main", "--all"],
      ["--base", "main", "--output", "report.txt"],
      ["--base", "main", "--plan", "plan.yaml"],
    ])
      expect(start(repo, ...args), args.join(" ")).toEqual(LEFT);
    repo.write("src/a.ts", branchy("a", 9));
    repo.git("commit", "-q", "-am", "change");
    expect(start(repo, "--base", "main")).toEqual(LEFT);
    repo.git("switch", "-q", "-C", "elsewhere", "main");
    repo.git("commit", "-q", "--allow-empty", "-m", "one");
    repo.git("commit", "-q", "--allow-empty", "-m", "two");
    expect(start(repo, "--base", "main")).toEqual(LEFT);
    const strict = repository({ ".worknode/check.yaml": "version: 1\nmode: enforce\n" });
    expect(start(strict, "--base", "main")).toEqual(LEFT);
    expect(start({ dir: join(repo.dir, ".."), env: repo.env }, "--base", "main")).toEqual(LEFT);
    expect(start({ dir: repo.dir, env: { ...repo.env, PATH: "/nowhere" } }, "--base", "main")).toEqual(LEFT);
  });

  it.each(["version: 1\n", "version: 1\nmode: warn # for now\nlanguages: [typescript, tsx]\n", INSTALLED])(
    "says under a plain policy what the whole program says: %j",
    async (policy) => {
      const repo = repository({ [POLICY]: policy });
      for (const mode of [[], ["--mode", "observe"], ["--mode", "warn"]]) {
        const args = ["--base", "main", ...mode];
        const { code, out } = await check(repo, ...args);
        expect(start(repo, ...args)).toEqual({ code, out });
      }
      expect(start(repo, "--base", "main", "--mode", "enforce")).toEqual(LEFT);
    },
  );

  it.each([
    "version: 2\n",
    "mode: observe\n",
    "version: 1\nmode: enforce\n",
    "version: 1\nmod: observe\n",
    "version: 1\nversion: 1\n",
    "version: 1\nlimits: { maxComplexity: 0 }\n",
    "version: 1\nlimits: { minLineCoverage: 1.5 }\n",
    "version: 1\nexclude: [gone]\n",
    "version: 1\nplan: gone\n",
    "version: 1\n\tmode: observe\n",
    "version: 1\r\nmode: observe\r\n",
  ])("leaves a policy to the whole program that says more, or does not hold, whatever mode is given: %j", (policy) => {
    const repo = repository({ [POLICY]: policy });
    expect(start(repo, "--base", "main")).toEqual(LEFT);
    if (!policy.includes("enforce")) expect(start(repo, "--base", "main", "--mode", "warn")).toEqual(LEFT);
  });

  it("takes nothing for a policy that the schema refuses, nor for another mode", () => {
    const values = [
      "1",
      "0",
      "01",
      "1.5",
      "1e3",
      "0x1",
      "-1",
      "1_0",
      "~",
      "null",
      "true",
      "True",
      "yes",
      "off",
      "warn",
    ];
    const more = [
      "observe",
      "enforce",
      "agents",
      "all",
      "[typescript]",
      "[]",
      "[tsx, 1]",
      "[tsx,c]",
      "{ a: 1 }",
      "{}",
      "x y",
    ];
    const nested = values.flatMap((value) => [
      `{ maxComplexity: ${value} }`,
      `{ minLineCoverage: ${value}, maxFunctionLines: 3 }`,
    ]);
    const quoted = [
      "'warn'",
      '"warn"',
      "&a warn",
      "*a",
      "!!str warn",
      "| warn",
      "> warn",
      "warn: x",
      "warn #c",
      "warn#c",
      "- warn",
    ];
    let taken = 0;
    for (const key of [
      ...Object.keys(SHAPE.properties ?? {}),
      "other",
      "__proto__",
      "constructor",
      "<<",
      "? mode",
      "'mode'",
    ])
      for (const value of [...values, ...more, ...nested, ...quoted])
        for (const text of [
          `version: 1\n${key}: ${value}\n`,
          `${key}: ${value}\nversion: 1`,
          `version: 1\n# c\n ${key}: ${value}\n`,
        ]) {
          const mode = plainMode(text, SHAPE);
          if (mode === undefined) continue;
          taken += 1;
          expect({ text, mode: parsePolicy({ path: POLICY, text }).mode }).toEqual({ text, mode });
        }
    expect(taken).toBeGreaterThan(30);
  });

  it("understands no schema with a word that it does not know", () => {
    const { properties = {}, ...rest } = SHAPE;
    expect(plainMode("version: 1\n", SHAPE)).toBe("observe");
    const limited = {
      ...properties,
      version: { ...properties["version"], multipleOf: 3 },
    } as PolicyShape["properties"];
    expect(
      plainMode("version: 1\n", { ...rest, ...(limited === undefined ? {} : { properties: limited }) }),
    ).toBeUndefined();
    expect(plainMode("version: 1\n", {})).toBeUndefined();
  });

  it("works where ids are of SHA-256", async () => {
    const repo = repository();
    const other = join(repo.dir, "../other");
    repo.git("init", "-q", "--object-format=sha256", "-b", "main", other);
    const at = { dir: other, env: repo.env };
    repo.git("-C", other, "commit", "-q", "--allow-empty", "-m", "one");
    const run = await check(at, "--base", "HEAD");
    expect(run.out).toMatch(/nothing differs/);
    expect(start(at, "--base", "HEAD")).toEqual({ code: 0, out: run.out });
  });

  it("is a small part of the file, and runs without the rest where nothing differs", () => {
    const repo = repository();
    const text = readFileSync(CHECK, "latin1");
    const alone = text.slice(0, text.indexOf("\n//worknode-part program.js "));
    expect(alone.length).toBeLessThan(60_000);
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
    repo.git("reset", "-q", "--hard", "main");
    expect(run("--base", "main", "--mode", "enforce")).toMatchObject({
      status: 2,
      stdout: "",
      stderr:
        "worknode: this file lacks its part program.js: it was cut or changed. Get it again, and compare its checksum.\n",
    });
    repo.write("../start.mjs", text.replace(/(?<=\/\/worknode-part program\.js .{100}).{20}/, "AAAAAAAAAAAAAAAAAAAA"));
    expect(run("--base", "main", "--mode", "enforce")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^worknode: this file lacks its part program\.js: .*\n$/),
    });
  });
});
