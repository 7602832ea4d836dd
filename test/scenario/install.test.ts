import { execFile, execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { probeBackends } from "../../src/effect/sandbox/probe.js";
import { demo, expectWholeDemo } from "./demo-ground.js";
import { PROBE_DIR } from "./harness.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const pkg = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
  bin: Record<string, string>;
  allowScripts: Record<string, boolean>;
};
const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Record<
    string,
    {
      version?: string;
      resolved?: string;
      dependencies?: Record<string, string>;
      optionalDependencies?: Record<string, string>;
      dev?: boolean;
    }
  >;
};

describe("the lock file", () => {
  it("holds no download addresses", () => {
    expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });

  it("asks for what package.json asks for", () => {
    expect(lock.packages[""]?.dependencies).toEqual(pkg.dependencies);
  });

  it("holds every optional package of every platform, so that npm ci accepts it anywhere", () => {
    const names = new Set(
      Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)),
    );
    const missing = Object.values(lock.packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name)),
    );
    expect(missing).toEqual([]);
  });

  it("pins the driver to the last version for Node 20 and leaves newer Nodes the next", () => {
    expect(lock.packages["node_modules/better-sqlite3"]?.version).toBe("12.11.1");
    expect(pkg.dependencies["better-sqlite3"]).toBe("^12.11.1 || ^13");
    expect(pkg.allowScripts["better-sqlite3"]).toBe(true);
  });
});

const sandbox = (await probeBackends({ stateDir: PROBE_DIR })).chosen;
const why = sandbox === null ? " [skipped: no sandbox on this machine]" : "";

describe("the packed tarball", () => {
  let base = "";
  let home = "";

  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), "worknode-pack-"));
    execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", base], { cwd: ROOT });
    const tarball = readdirSync(base).find((name) => name.endsWith(".tgz")) ?? "";
    execFileSync("tar", ["xzf", join(base, tarball), "-C", base]);
    home = join(base, "project", "node_modules", "worknode");
    mkdirSync(dirname(home), { recursive: true });
    cpSync(join(base, "package"), home, { recursive: true });
    for (const name of runtimePackages()) linkPackage(name, dirname(home));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  function runMain(args: readonly string[], cwd: string): Promise<{ code: number; out: string; err: string }> {
    const env = { PATH: process.env["PATH"] ?? "", HOME: base, TMPDIR: base, LANG: "C.UTF-8" };
    return new Promise((resolve) => {
      execFile(process.execPath, [join(home, pkg.bin["worknode"] ?? ""), ...args], { cwd, env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  }

  it("holds what a user needs and nothing of ours", () => {
    const top = readdirSync(home).toSorted((a, b) => a.localeCompare(b));
    expect(top).toEqual([
      ".env.example",
      "agents",
      "capabilities",
      "CHANGELOG.md",
      "dist",
      "docs",
      "grammars",
      "LICENSE",
      "package.json",
      "plans",
      "README.md",
      "schemas",
    ]);
    expect(existsSync(join(home, "plans/demo/project/gitignore"))).toBe(true);
    expect(existsSync(join(home, "dist/types/index.d.ts"))).toBe(true);
    expect(statSync(join(home, "dist/main.js")).mode & 0o111).toBe(0o111);
    expect(readFileSync(join(home, "dist/main.js"), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(readdirSync(join(home, "dist/licenses"))).toEqual(["better-sqlite3.txt", "program.txt"]);
    const licences = readFileSync(join(home, "dist/licenses/program.txt"), "utf8");
    for (const name of ["LICENSE", "zod/LICENSE", "@anthropic-ai/sdk/LICENSE", "yaml/LICENSE", "commander/LICENSE"])
      expect(licences).toMatch(new RegExp(`^${name}$`, "m"));
  });

  it("runs with its runtime dependencies alone", async () => {
    expect(await runMain(["--version"], base)).toEqual({ code: 0, out: `${pkg.version}\n`, err: "" });
    const schema = await runMain(["plan", "schema"], base);
    expect(schema.code).toBe(0);
    expect(JSON.parse(schema.out)).toMatchObject({ type: "object" });
  });

  it.each([
    ["github", [], ".github/workflows/worknode.yml", "refs/remotes/origin/$GITHUB_BASE_REF"],
    ["gitlab", ["--gitlab"], ".gitlab/worknode.yml", "refs/remotes/origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"],
  ])("sets up a job of %s that runs in a plain shell, and prints it first", async (forge, flags, job, target) => {
    const dir = join(base, forge);
    const git = (...args: string[]): string =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
        cwd: dir,
        encoding: "utf8",
      });
    mkdirSync(dir);
    git("init", "-q", "-b", "main");
    git("commit", "-q", "--allow-empty", "-m", "first");
    const printed = await runMain(["install", "ci", ...flags, "--print"], dir);
    expect(printed).toMatchObject({ code: 0, err: "" });
    expect(git("status", "--porcelain")).toBe("");
    expect((await runMain(["install", "ci", ...flags], dir)).out).toContain(`${job} written`);
    const text = readFileSync(join(dir, job), "utf8");
    expect(printed.out).toContain(`# ${job}\n${text}`);
    expect(text).toContain(target);
    const checksum = readFileSync(join(home, "dist/check.mjs.sha256"), "utf8");
    expect(printed.out).toContain(checksum.slice(0, 64));
    writeFileSync(join(dir, "check.mjs.sha256"), checksum);
    const verify = (): number | null =>
      spawnSync("sha256sum", ["--status", "-c", "../check.mjs.sha256"], { cwd: join(dir, ".worknode") }).status;
    expect(verify()).toBe(0);
    git("add", "-A");
    git("commit", "-q", "-m", "set up");
    git("update-ref", "refs/remotes/origin/main", "main");
    git("remote", "add", "origin", ".");
    const env = { GITHUB_BASE_REF: "main", CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main" };
    git("switch", "-q", "-c", "change");
    writeFileSync(join(dir, "a.ts"), `export const a = (n: number) => ${"n ? 1 : ".repeat(9)}0;\n`);
    git("add", "-A");
    git("commit", "-q", "-m", "change");
    writeFileSync(join(dir, ".worknode/check.mjs"), "process.exit(9);\n", { flag: "a" });
    expect(verify()).toBe(1);
    const script = forge === "github" ? stepOf(text) : scriptOf(text);
    const ran = spawnSync("bash", ["-e", "-o", "pipefail", "-c", script], {
      cwd: dir,
      env: { PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`, HOME: base, RUNNER_TEMP: base, ...env },
      encoding: "utf8",
    });
    expect(ran).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringContaining("observed, not enforced; 1 error(s)"),
    });
  });

  it("gives a project its library by name", () => {
    const program = "const { open } = await import('worknode'); console.log(typeof open);";
    const out = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: join(base, "project"),
      encoding: "utf8",
    });
    expect(out).toBe("function\n");
  });

  it.each(["import { open } from 'worknode'", "const { open } = require('worknode')"])("takes %s", (statement) => {
    const type = statement.startsWith("import") ? "module" : "commonjs";
    const out = execFileSync(
      process.execPath,
      [`--input-type=${type}`, "--eval", `${statement}; console.log(typeof open)`],
      {
        cwd: join(base, "project"),
        encoding: "utf8",
      },
    );
    expect(out).toBe("function\n");
  });

  it.skipIf(sandbox === null)(
    `its demo shows every incident as it happens, is killed, continued and proved${why}`,
    { timeout: 180_000 },
    async () => {
      const folder = join(base, "demo");
      mkdirSync(folder);
      expectWholeDemo(await demo(join(home, pkg.bin["worknode"] ?? ""), folder), folder);
    },
  );
});

/** What a runner would run of a job's file. */
function stepOf(text: string): string {
  return parse(text).jobs.check.steps[1].run;
}

function scriptOf(text: string): string {
  return parse(text).worknode.script.join("\n");
}

/** Packages an installation without development packages would have. */
function runtimePackages(): string[] {
  const paths = Object.entries(lock.packages).filter(
    ([path, entry]) =>
      path !== "" && entry.dev !== true && !path.slice("node_modules/".length).includes("node_modules/"),
  );
  return paths
    .map(([path]) => path.slice("node_modules/".length))
    .filter((name) => existsSync(join(ROOT, "node_modules", name)));
}

function linkPackage(name: string, modules: string): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
}
