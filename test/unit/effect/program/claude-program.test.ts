import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, expect, it } from "vitest";
import { claudeEnvironment, type ProgramProcess, startProgram } from "../../../../src/effect/program/claude-program.js";

/** Stays though its input ends, and says its own number and that of a program it started. */
const DEAF = "sleep 600 <&- & echo $$ $!; exec sleep 600 <&-";
const HOLDER = `
import { startProgram } from "./program.mjs";
const onLine = (line) => console.log(line);
startProgram({ path: "/bin/sh", args: ["-c", ${JSON.stringify(DEAF)}], cwd: "/", env: { PATH: process.env.PATH }, onLine });
`;

let folder: string;
const pids: number[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "worknode-program-"));
});
afterEach(() => {
  for (const pid of pids.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Whether a process is there and no zombie, which somebody has only to take notice of. */
function isAlive(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function gone(pid: number, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (isAlive(pid) && performance.now() < end) await new Promise((done) => setTimeout(done, 20));
  return !isAlive(pid);
}

function numbersIn(line: string): number[] {
  const found = line.trim().split(" ").map(Number);
  pids.push(...found);
  return found;
}

it.runIf(process.platform === "linux" && existsSync("/usr/bin/setpriv"))(
  "dies with whoever started it and is killed, also where it does not mind its input's end",
  async () => {
    buildSync({
      entryPoints: [resolve("src/effect/program/claude-program.ts")],
      outfile: join(folder, "program.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
    });
    writeFileSync(join(folder, "holder.mjs"), HOLDER);
    const args = [join(folder, "holder.mjs")];
    const holder: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const line = await new Promise<string>((done) =>
      holder.stdout?.once("data", (data: Buffer) => done(data.toString())),
    );
    const [program = 0] = numbersIn(line);
    expect(isAlive(program)).toBe(true);
    const end = new Promise((done) => holder.once("close", done));
    holder.kill("SIGKILL");
    expect(await gone(program, 10_000)).toBe(true);
    await end;
  },
);

it.runIf(process.platform === "linux")("is ended by force with what it started", async () => {
  let heard: (line: string) => void = () => undefined;
  const line = new Promise<string>((done) => (heard = done));
  const env = { PATH: process.env["PATH"] ?? "" };
  const what = { path: "/bin/sh", args: ["-c", DEAF], cwd: "/", env, onLine: heard };
  const program: ProgramProcess = startProgram(what);
  const [own = 0, started = 0] = numbersIn(await line);
  expect([isAlive(own), isAlive(started)]).toEqual([true, true]);
  program.kill();
  expect([await gone(own, 10_000), await gone(started, 10_000)]).toEqual([true, true]);
  expect(await program.ended).toMatchObject({ code: null });
});

it.runIf(process.platform === "linux")("that ends by itself takes what it started with it", async () => {
  let heard: (line: string) => void = () => undefined;
  const line = new Promise<string>((done) => (heard = done));
  const env = { PATH: process.env["PATH"] ?? "" };
  const script = "sleep 600 & echo $!; exit 3";
  const program = startProgram({ path: "/bin/sh", args: ["-c", script], cwd: "/", env, onLine: heard });
  const [started = 0] = numbersIn(await line);
  expect(await program.ended).toMatchObject({ code: 3 });
  expect(await gone(started, 10_000)).toBe(true);
});

it.runIf(existsSync("/usr/bin/setsid"))("has ended though what left its group holds its output", async () => {
  let heard: (line: string) => void = () => undefined;
  const line = new Promise<string>((done) => (heard = done));
  const env = { PATH: process.env["PATH"] ?? "" };
  const script = "setsid sh -c 'echo $$; exec sleep 600' & wait";
  const program = startProgram({ path: "/bin/sh", args: ["-c", script], cwd: "/", env, onLine: heard });
  const [left = 0] = numbersIn(await line);
  program.kill();
  expect(await program.ended).toMatchObject({ code: null });
  expect(isAlive(left)).toBe(true);
});

it("is given the login and the ways to the network, and nothing else that is set", () => {
  const given = { HOME: "/h", PATH: "/bin", ANTHROPIC_API_KEY: "k", CLAUDE_CONFIG_DIR: "/c", HTTPS_PROXY: "p" };
  const kept = {
    GITHUB_TOKEN: "s",
    NODE_OPTIONS: "--require /tmp/x.js",
    LD_PRELOAD: "/tmp/x.so",
    ANTHROPIC_CUSTOM_HEADERS: "x: y",
    CLAUDE_CODE_SIMPLE: "1",
    BASH_ENV: "/tmp/x",
    EMPTY: "",
  };
  const env = claudeEnvironment({ ...given, ...kept, LANG: undefined });
  expect(env).toMatchObject(given);
  for (const name of [...Object.keys(kept), "LANG"]) expect(env).not.toHaveProperty(name);
  expect(env).toMatchObject({ CLAUDE_CODE_MAX_RETRIES: "0", DISABLE_AUTO_COMPACT: "1" });
});
