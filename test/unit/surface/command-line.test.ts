import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InvariantError } from "../../../src/kernel/assert.js";
import { Fault, invalid } from "../../../src/kernel/fault.js";
import { runCommandLine } from "../../../src/surface/cli/command-line.js";
import { reportFault } from "../../../src/surface/cli/report-fault.js";
import { VERBS } from "../../../src/surface/cli/verbs.js";
import { makeContext } from "./screen.js";

const outside = mkdtempSync(join(tmpdir(), "worknode-cli-"));
afterAll(() => rmSync(outside, { recursive: true, force: true }));

/** Verbs DESIGN §13 names and issue 2 asks for. */
const PROMISED = [
  "mcp",
  "export",
  "import",
  "check",
  "note",
  "decisions",
  "issues",
  "claim",
  "done",
  "report",
  "init",
  "diff",
  "land",
  "clean",
  "budget",
  "attach",
  "do",
  "demo",
  "plan",
  "run",
  "continue",
  "status",
  "measure",
  "check",
  "install",
  "uninstall",
  "receipt",
  "violations",
  "trace",
  "tool",
  "approvals",
  "approve",
  "reject",
  "kill",
  "log",
  "doctor",
];

async function run(...args: string[]) {
  const context = makeContext({ cwd: outside, env: { HOME: outside } });
  const code = await runCommandLine(context, args);
  return { code, out: context.printed(), err: context.complained() };
}

describe("help", () => {
  it.each([[[]], [["--help"]], [["-h"]], [["help"]]])(
    "%j lists the eight verbs a newcomer needs first",
    async (args) => {
      const { code, out } = await run(...args);
      expect(code).toBe(0);
      const listed = [...out.matchAll(/^ {2}(\S+) {2,}/gm)].map((hit) => hit[1]);
      expect(listed).toHaveLength(8);
      expect(listed).toEqual(expect.arrayContaining(["demo", "run", "continue", "plan", "doctor"]));
    },
  );

  it("lists every promised verb with --all, and none that serves tests", async () => {
    const { out } = await run("help", "--all");
    const listed = [...out.matchAll(/^ {2}(\S+) {2,}/gm)].map((hit) => hit[1]);
    expect(listed).toEqual(expect.arrayContaining([...PROMISED]));
    expect(listed).not.toContain("scripted-model");
    expect(new Set(listed).size).toBe(listed.length);
  });

  it("names every exit code of the contract", async () => {
    const { out } = await run("--help");
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 130]) expect(out).toMatch(new RegExp(`\\b${code} [a-z]`));
  });

  it.each([...PROMISED, "scripted-model"])("%s explains itself and exits 0", async (verb) => {
    const { code, out } = await run(verb, "--help");
    expect(code).toBe(0);
    expect(out).toContain(`Usage: worknode ${verb}`);
  });

  it.each([
    ["no script", [], "name the script"],
    ["a script that is not there", ["there-is-none.json"], "the script cannot be read"],
  ])("says what is wrong with %s to serve", async (_, args, why) => {
    const { code, err } = await run("scripted-model", ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });

  it("explains one verb when asked for it by name", async () => {
    expect((await run("help", "run")).out).toBe((await run("run", "--help")).out);
  });

  it("loads the module of every verb", async () => {
    for (const verb of Object.values(VERBS)) expect(await verb.load()).toBeTypeOf("function");
  });
});

describe("wrong usage", () => {
  it.each([
    [["nonsense"], "no verb 'nonsense'"],
    [["help", "nonsense"], "no verb 'nonsense'"],
    [["constructor"], "no verb 'constructor'"],
    [["run"], "missing required argument"],
    [["run", "p.yaml", "--nonsense"], "unknown option"],
    [["run", "p.yaml", "--mode", "sometimes"], "Allowed choices"],
    [["run", "p.yaml", "--input", "novalue"], "name=value"],
    [["reject", "ap_1"], "--reason"],
    [["status", "--cycle", "zero"], "whole number"],
    [["status", "--output-format", "xml"], "Allowed choices"],
    [["tool", "Write", "--plan", "p.yaml", "--task", "T-1"], "missing required argument"],
    [["tool", "Write", "{}"], "--plan"],
  ])("%j is exit 2 and says why on standard error", async (args, said) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(said);
    expect(out).toBe("");
  });

  it("prints its version", async () => {
    const { code, out } = await run("--version");
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("outside a repository", () => {
  it.each([["status"], ["continue"], ["approvals"], ["log"], ["kill"], ["trace"]])(
    "%s is exit 2 and says what to do",
    async (verb) => {
      const { code, err } = await run(verb);
      expect(code).toBe(2);
      expect(err).toMatch(/^worknode: .*is not inside a git repository\. .*git init/);
      expect(err).not.toMatch(/\n\s+at /);
    },
  );

  it("continue --brief answers the same on its lean way", async () => {
    expect(await run("continue", "--brief")).toEqual(await run("continue"));
  });
});

describe("faults", () => {
  it("carry their message and exit code, without a stack trace", async () => {
    const context = makeContext();
    expect(await reportFault(context, new Fault("X", "what, where, what to do", { exitCode: 5 }))).toBe(5);
    expect(context.complained()).toBe("worknode: what, where, what to do\n");
  });

  it("of the program itself ask for a report and are exit 1", async () => {
    const context = makeContext();
    expect(await reportFault(context, new InvariantError("a is b"))).toBe(1);
    expect(context.complained()).toContain("broken invariant");
    expect(context.complained()).toContain("worknode continue");
    expect(context.complained()).not.toMatch(/\n\s+at /);
  });

  it.each([
    [{ code: "ENOSPC", path: "/a", dest: "/state/b" }, "Free some space"],
    [{ code: "EDQUOT", path: "/state/b" }, "quota"],
    [{ code: "EROFS", path: "/state/b" }, "read-only"],
    [{ code: "EACCES", path: "/state/b" }, "writable"],
  ])("of a disk that is full or refuses are no defects, wherever they were met: %o", async (members, remedy) => {
    const context = makeContext();
    expect(await reportFault(context, Object.assign(new Error("the disk said no"), members))).toBe(2);
    expect(context.complained()).toMatch(/^worknode: cannot write \/state\/b \(the disk said no\)\. [^\n]*\n$/);
    expect(context.complained()).toContain(remedy);
  });

  it("that are no errors at all are exit 1 too", async () => {
    const context = makeContext();
    expect(await reportFault(context, "thrown text")).toBe(1);
    expect(context.complained()).toContain("worknode: thrown text");
  });

  it("show their stack and causes when WORKNODE_DEBUG is 1", async () => {
    const context = makeContext({ env: { WORKNODE_DEBUG: "1" } });
    await reportFault(context, invalid("X", "outer", new Error("inner")));
    expect(context.complained()).toMatch(/Fault: outer\n\s+at [\s\S]*caused by: Error: inner/);
  });
});
