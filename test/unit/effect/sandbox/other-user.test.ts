import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { removeTree } from "../../../../src/effect/sandbox/layer.js";
import { describeWalls, isRunning } from "./fixture.js";

const ORDINARY_UID = 23_456;
const isRoot = process.getuid?.() === 0;

/** Runs as an ordinary user, or is killed: both need a process of its own, so the program is bundled. */
const PROGRAM = `
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { confine } from "${resolve("src/effect/sandbox/confinement.ts")}";
import { listEffects } from "${resolve("src/effect/sandbox/effects.ts")}";
import { discardLayer, openLayer } from "${resolve("src/effect/sandbox/layer.ts")}";
import { readWritten } from "${resolve("src/effect/sandbox/merged-view.ts")}";
import { probeBackends } from "${resolve("src/effect/sandbox/probe.ts")}";
import { takeLayer } from "${resolve("src/effect/sandbox/spare-layer.ts")}";
import { resolveToolchains } from "${resolve("src/effect/sandbox/toolchain.ts")}";
const [place, ...argv] = process.argv.slice(2);
const dir = mkdtempSync(join(place, "run-"));
const repo = join(dir, "repo"), lower = join(dir, "wt");
mkdirSync(join(repo, "tree"), { recursive: true });
writeFileSync(join(repo, "a.txt"), "alpha\\n");
writeFileSync(join(repo, "tree/one"), "1\\n");
const git = (...args) => execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], { cwd: repo });
git("init", "-q"); git("add", "-A"); git("commit", "-qm", "base"); git("worktree", "add", "-q", lower);
if (existsSync(join(place, "foreign"))) renameSync(join(place, "foreign"), join(lower, "foreign"));
const report = await probeBackends({ stateDir: join(dir, "state") });
const layer = await openLayer(join(dir, "layer"));
const spec = { shownRoot: repo, lower, layer, links: [], masks: [], toolchains: resolveToolchains([], process.env), env: {}, network: false,
  backend: report.chosen ?? "util-linux", git: { commonDir: join(repo, ".git"), gitDir: join(repo, ".git/worktrees/wt") }, cwd: "", timeoutMs: 60000 };
console.log("started");
await confine({ ...spec, argv: ["true"] });
const run = await confine({ ...spec, argv });
const written = await readWritten({ upper: layer.upper, lower }, "closed/report");
const effects = (await listEffects(layer.upper, lower)).map((change) => change.kind + " " + change.path);
await discardLayer(layer);
for (const name of ["one", "two"]) {
  const taken = await takeLayer(join(dir, "layers", name), 0);
  await confine({ ...spec, layer: taken.layer, argv: ["true"] });
  await taken.discard(true);
}
console.log(JSON.stringify({ uid: process.getuid(), chosen: report.chosen, failed: report.probes.filter((p) => !p.ok), run, written, effects, left: readdirSync(dir), spare: readdirSync(join(dir, "layers/spare")), foreign: existsSync(join(lower, "foreign")) ? readFileSync(join(lower, "foreign"), "utf8") : null }));
`;

describeWalls("The sandbox in a process of its own", (_, backend) => {
  let dir: string;
  let program: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "worknode-user-"));
    chmodSync(dir, 0o755);
    program = join(dir, "program.mjs");
    const stdin = { contents: PROGRAM, resolveDir: resolve("."), loader: "ts" as const };
    const banner = {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    };
    await build({ stdin, bundle: true, platform: "node", format: "esm", outfile: program, banner, logLevel: "error" });
  });
  afterAll(() => removeTree(dir));

  /** What the program says when an ordinary user runs it. */
  function runAsOrdinary(place: string, script: string) {
    const user = ["--reuid", String(ORDINARY_UID), "--regid", String(ORDINARY_UID), "--clear-groups"];
    const env = { PATH: process.env["PATH"] ?? "", HOME: place, WORKNODE_SANDBOX: backend };
    const argv = [...user, process.execPath, program, place, "sh", "-c", script];
    const output = execFileSync("setpriv", argv, { encoding: "utf8", env, cwd: place });
    return JSON.parse(output.replace("started\n", ""));
  }

  it.skipIf(!isRoot)("works for an ordinary user as for root [needs root to become one]", () => {
    const place = mkdtempSync(join(dir, "home-"));
    chownSync(place, ORDINARY_UID, ORDINARY_UID);
    const script =
      "id -u; grep CapBnd /proc/self/status; sed -i s/alpha/beta/ a.txt; rm -r tree; mkdir tree; git status --porcelain; chmod 000 tree; echo x > /proc/sys/kernel/hostname; true";
    const result = runAsOrdinary(place, script);
    expect(result).toMatchObject({ uid: ORDINARY_UID, chosen: backend, failed: [] });
    expect(result.run.stdout).toBe("1000\nCapBnd:\t0000000000000000\n M a.txt\n D tree/one\n");
    expect(result.effects).toEqual(["modify a.txt", "mode tree", "delete tree/one"]);
    expect(result.left).not.toContain("layer");
    expect(result.spare.sort()).toEqual(["upper", "work"]);
  });

  it.skipIf(!isRoot)("reads a report in a folder that a command closed [needs root to become another]", () => {
    const place = mkdtempSync(join(dir, "home-"));
    chownSync(place, ORDINARY_UID, ORDINARY_UID);
    const script = "mkdir closed; echo lines > closed/report; chmod 000 closed/report closed";
    expect(runAsOrdinary(place, script).written).toEqual({ ok: true, value: "lines\n" });
  });

  it.skipIf(!isRoot)(
    "loses nothing of a file that belongs to another user, and says why it cannot be changed [needs root]",
    () => {
      const place = mkdtempSync(join(dir, "home-"));
      chownSync(place, ORDINARY_UID, ORDINARY_UID);
      writeFileSync(join(place, "foreign"), "of root\n", { mode: 0o644 });
      const script =
        "cat foreign; echo x >> foreign; echo $?; chmod 600 foreign; echo $?; sed -i s/alpha/beta/ a.txt; cat foreign";
      const { run, effects, foreign } = runAsOrdinary(place, script);
      expect(run.stdout).toMatch(/^of root\n[1-9]\n[1-9]\nof root\n$/);
      expect(run.stderr).toMatch(/foreign/);
      expect({ effects, foreign }).toEqual({ effects: ["modify a.txt"], foreign: "of root\n" });
    },
  );

  it.skipIf(process.arch !== "x64")("finds no key of the keyring worknode was started with", () => {
    const find = (say: string): string =>
      `($t, $d, $b) = ("user", "canary", "x" x 20); $k = syscall(250, 10, -3, $t, $d, 0); syscall(250, 11, $k, $b, 20); ${say}`;
    const join =
      'syscall(250, 1, 0); ($t, $d, $p) = ("user", "canary", "canary-key"); syscall(248, $t, $d, $p, 10, -3);';
    const inside = ["perl", "-e", find("print substr($b, 0, 10)")];
    const env = { ...process.env, WORKNODE_SANDBOX: backend };
    const outside = `${join} ${find("print STDERR substr($b, 0, 10)")}; exec @ARGV`;
    const argv = ["-e", outside, process.execPath, program, dir, ...inside];
    const run = spawnSync("/usr/bin/perl", argv, { encoding: "utf8", env });
    expect(run.stderr).toBe("canary-key");
    expect(JSON.parse(run.stdout.replace("started\n", "")).run.stdout).toBe("x".repeat(10));
  });

  it("holds nothing that worknode was started with open: no folder, no end of a pipe", () => {
    const [folder, file] = [openSync(dir, "r"), openSync(join(dir, "log"), "a")];
    try {
      const stdio = ["ignore", "pipe", "inherit", folder, folder, file, folder] as const;
      const script = "ls /proc/self/fd; ls /proc/self/fd/4/ /proc/self/fd/6/; echo x >&5";
      const env = { ...process.env, WORKNODE_SANDBOX: backend };
      const run = spawnSync(process.execPath, [program, dir, "sh", "-c", script], {
        encoding: "utf8",
        env,
        stdio: [...stdio],
      });
      expect(JSON.parse(run.stdout.replace("started\n", "")).run.stdout).toBe("0\n1\n2\n3\n");
      expect(readFileSync(join(dir, "log"), "utf8")).toBe("");
    } finally {
      for (const open of [folder, file]) closeSync(open);
    }
  });

  it("dies with worknode when that is killed", async () => {
    const marker = `6543.${process.pid}`;
    const child = spawn(process.execPath, [program, dir, "sh", "-c", `setsid sleep ${marker} & sleep ${marker}`], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, WORKNODE_SANDBOX: backend },
    });
    await new Promise((done) => child.stdout.once("data", done));
    await until(() => isRunning(marker));
    child.kill("SIGKILL");
    await until(() => !isRunning(marker));
    expect(isRunning(marker)).toBe(false);
  });
});

/** Waits for a condition; the test's own time-out bounds it. */
async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 2_000 && !holds(); round += 1) await new Promise((done) => setTimeout(done, 10));
}
