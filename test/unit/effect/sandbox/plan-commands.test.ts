import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PlanCommand, runPlanCommands } from "../../../../src/effect/sandbox/plan-commands.js";
import { runInSandbox } from "../../../../src/effect/sandbox/run.js";
import { issuePermit } from "../../../../src/gate/permit.js";
import { hashOf } from "../../../../src/kernel/canonical.js";
import { err, ok } from "../../../../src/kernel/result.js";
import { type Bench, openBench, reason, sandboxMissing } from "./fixture.js";

describe.skipIf(sandboxMissing)(`A plan's commands${reason}`, () => {
  let bench: Bench;
  let layersDir: string;
  beforeEach(async () => {
    bench = await openBench({ "coverage/old.info": "stale\n" });
    layersDir = join(bench.dir, "state/layers");
    await mkdir(layersDir);
  });
  afterEach(() => bench.dispose());

  const sh = (role: string, script: string, timeoutMs?: number): PlanCommand => ({
    role,
    argv: ["sh", "-c", script],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  function run(
    commands: readonly PlanCommand[],
    signal?: AbortSignal,
    reports: readonly string[] = [],
  ): ReturnType<typeof runPlanCommands> {
    const args = { commands };
    const permit = issuePermit({ callId: "c", argsHash: hashOf(args) });
    const workspace = { ...bench.spec, layersDir };
    return runPlanCommands(permit, { callId: "c", args }, workspace, {
      reports,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  it("run in order in one layer: what one makes the next finds, and nothing is kept", async () => {
    const result = await run([
      sh("compile", "mkdir dist && echo built > dist/t"),
      sh("test", "cat dist/t; echo oops >&2; exit 3"),
      sh("coverage", "mkdir -p coverage && echo lines > coverage/lcov.info"),
    ]);
    expect(
      result.runs.map(({ role, ran, exit_code, stdout, stderr }) => [role, ran, exit_code, stdout, stderr]),
    ).toEqual([
      ["compile", true, 0, "", ""],
      ["test", true, 3, "built\n", "oops\n"],
      ["coverage", true, 0, "", ""],
    ]);
    expect(await result.readWritten("coverage/lcov.info")).toEqual(ok("lines\n"));
    await result.discard();
    expect(readdirSync(layersDir)).toEqual([]);
    expect(existsSync(join(bench.spec.lower, "dist"))).toBe(false);
  });

  it("start without anything an earlier verification left", async () => {
    const first = await run([sh("test", "mkdir dist && touch dist/report")]);
    await first.discard();
    const second = await run([sh("test", "ls dist")]);
    expect(second.runs[0]?.exit_code).not.toBe(0);
    await second.discard();
  });

  it("are not run, and recorded as such, after a failed compile or a stopped command", async () => {
    const compile = await run([sh("compile", "exit 1"), sh("test", "true")]);
    expect(compile.runs.map((one) => one.ran)).toEqual([true, false]);
    expect(compile.runs[1]).toMatchObject({ role: "test", exit_code: null, stopped: null });
    await compile.discard();
    const slow = await run([sh("test", "sleep 60", 400), sh("coverage", "true")]);
    expect(slow.runs.map((one) => [one.ran, one.stopped])).toEqual([
      [true, "timeout"],
      [false, null],
    ]);
    await slow.discard();
    const cancelled = await run([sh("test", "sleep 60")], AbortSignal.abort());
    expect(cancelled.runs[0]?.stopped).toBe("cancelled");
    await cancelled.discard();
  });

  it("give reports as the commands saw them, never through a link, nor a stale one as written", async () => {
    const script =
      "ln -s /etc/hostname link; ln -s src linked; echo made > src/made; mkfifo pipe; rm a.txt; rm -r tree; mkdir tree; echo n > tree/new; mkdir -p d; echo w > d/w; chmod 000 d/w";
    const result = await run([sh("test", script)]);
    expect(await result.readWritten("tree/new")).toEqual(ok("n\n"));
    expect(await result.readWritten("d/w")).toEqual(ok("w\n"));
    const missing = ["coverage/old.info", "a.txt", "tree/one", "a.txt/x", "nothing", "../state", "/etc/hostname", ""];
    for (const path of missing)
      expect(await result.readWritten(path)).toEqual(err(`the commands wrote no report ${path}`));
    const other = { link: "a link", "linked/x.js": "a link", "linked/made": "a link", tree: "a folder" };
    for (const [path, what] of Object.entries({ ...other, pipe: "no regular file" }))
      expect(await result.readWritten(path)).toEqual(
        err(`the commands wrote no report ${path}: ${what} is there, or on the way there`),
      );
    await result.discard();
  });

  it("have written no report that they only touched, and see none of before", async () => {
    const script = "cat coverage/old.info; touch coverage/old.info; chmod 600 coverage/old.info";
    const touched = await run([sh("test", script)], undefined, ["coverage/old.info", "nothing"]);
    expect(touched.runs[0]?.stdout).toBe("");
    expect(await touched.readWritten("coverage/old.info")).toEqual(ok(""));
    await touched.discard();
    const same = await run([sh("test", "echo stale > coverage/old.info")], undefined, ["coverage/old.info"]);
    expect(await same.readWritten("coverage/old.info")).toEqual(ok("stale\n"));
    await same.discard();
  });

  it("tell which files they changed, and not those they put back, touched or left", async () => {
    const paths = ["a.txt", "src/x.js", "tree/one", "coverage/old.info", "new"];
    const script = "echo more >> a.txt; rm -r tree; touch src/x.js; mv coverage c; cp -r c coverage; echo new > new";
    const result = await run([sh("test", script)]);
    expect(await result.listAltered(paths)).toEqual(["a.txt", "tree/one", "new"]);
    await result.discard();
    const same = await run([sh("test", "tr a-z b-za < src/x.js > y; cp y src/x.js")]);
    expect(await same.listAltered(paths.slice(0, 4))).toEqual(["src/x.js"]);
    await same.discard();
  });

  it("give the folders they made, and none that a link on the way leads to", async () => {
    const [target, outside] = [join(bench.dir, "target"), join(bench.dir, "outside")];
    await mkdir(join(outside, "node_modules"), { recursive: true });
    const made = `mkdir -p a/node_modules/dep; ln -s ${outside} b; ln -s ${outside}/node_modules node_modules`;
    const result = await run([sh("prepare", made)]);
    const wanted = ["a/node_modules", "b/node_modules", "node_modules", "c/node_modules"];
    expect(await result.takeFolders(wanted, target)).toEqual(["a/node_modules"]);
    expect(readdirSync(outside)).toEqual(["node_modules"]);
    expect(existsSync(join(target, "a/node_modules/dep"))).toBe(true);
    await result.discard();
  });

  it("refuse a report too large to read", async () => {
    const result = await run([sh("test", "truncate -s 65M big")]);
    expect(await result.readWritten("big")).toEqual(err("the report big is longer than 67108864 bytes"));
    await result.discard();
  });

  it("leave no layer behind when the sandbox cannot be set up", async () => {
    const args = { commands: [sh("test", "true")] };
    const permit = issuePermit({ callId: "c", argsHash: hashOf(args) });
    const workspace = { ...bench.spec, shownRoot: "/usr", layersDir };
    await expect(runPlanCommands(permit, { callId: "c", args }, workspace)).rejects.toMatchObject({
      code: "SANDBOX_SETUP",
    });
    expect(readdirSync(layersDir)).toEqual([]);
  });

  it("need a permit for exactly these commands, once", async () => {
    const args = { commands: [sh("test", "true")] };
    const workspace = { ...bench.spec, layersDir };
    const permit = issuePermit({ callId: "c", argsHash: hashOf({ commands: [] }) });
    const refused = { code: "ERROR_NOT_APPROVED" };
    await expect(runPlanCommands(permit, { callId: "c", args }, workspace)).rejects.toMatchObject(refused);
    const call = { callId: "b", args: { command: "echo x > made" } };
    const spec = { ...bench.spec, argv: ["sh", "-c", "echo x > made"] };
    const genuine = issuePermit({ callId: "b", argsHash: hashOf(call.args) });
    await expect(runInSandbox(genuine, { ...call, callId: "other" }, spec)).rejects.toMatchObject(refused);
    expect(await bench.effects()).toEqual([]);
    expect((await runInSandbox(genuine, call, spec)).exit_code).toBe(0);
    expect(await bench.effects()).toEqual(["add made"]);
    await expect(runInSandbox(genuine, call, spec)).rejects.toMatchObject(refused);
  });
});
