import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { withLock } from "../../../../src/effect/lock/file-lock.js";
import { temporaryDirectory } from "../fixture.js";

/** A process whose numbers are its own, as those of a container; it dies with what started it. */
const CONTAINER = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];
const noContainer = spawnSync(CONTAINER[0] ?? "", [...CONTAINER.slice(1), "true"]).status !== 0;
const why = noContainer ? " [skipped: the kernel gives no pid namespace]" : "";
const isRoot = process.getuid?.() === 0;
/** Root to whom a file's mode says what it says to others: an ordinary user may not read the folder these tests are in. */
const WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];

/** Holds a lock until its input ends, and says when it has it, or what it is refused with. */
const HOLDER = `
import { withLock } from ${JSON.stringify(resolve("src/effect/lock/file-lock.ts"))};
const held = () => new Promise((done) => { process.stdout.write("held " + process.pid + "\\n"); process.stdin.on("end", done).resume(); });
withLock(process.argv[2], held).catch((thrown) => process.stdout.write((thrown.code ?? "") + " " + thrown.message + "\\n"));
`;

let folder = "";
let program = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worknode-lock-"));
  chmodSync(folder, 0o755);
  program = join(folder, "holder.mjs");
  const driver = resolve("node_modules/better-sqlite3/lib/index.js");
  buildSync({
    stdin: { contents: HOLDER, resolveDir: resolve(".") },
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    alias: { "better-sqlite3": driver },
    external: [driver],
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** Starts a holder and answers what it said first. */
async function holderOf(file: string, wrap: readonly string[] = []) {
  const [command, ...args] = [...wrap, process.execPath, program, file];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  started.push(child);
  const ended = new Promise((done) => child.once("close", done));
  const first = new Promise<string>((told) => child.stdout.once("data", (text) => told(String(text).trim())));
  const said = await Promise.race([first, ended.then(() => "ended")]);
  return { said, ended, kill: () => child.kill("SIGKILL"), finish: () => child.stdin.end() };
}

/** A clock that does not wait: what is held stays so for all of the bounded time. */
const hasty = { nowMs: () => 0, sleep: () => new Promise<void>((done) => setImmediate(done)) };
const enter = async (file: string): Promise<string> => await withLock(file, () => Promise.resolve("in"), hasty);

describe("a lock between processes", () => {
  it("lets one at a time in and leaves an empty file behind, whatever the work does", async () => {
    const directory = temporaryDirectory();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(join(directory, "lock"), work)));
    await expect(withLock(join(directory, "lock"), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(most).toBe(1);
    expect(readdirSync(directory)).toEqual(["lock"]);
    expect(readFileSync(join(directory, "lock"), "utf8")).toBe("");
  });

  it("lets callers of one process in as they came, without looking again and again", async () => {
    const file = join(temporaryDirectory(), "lock");
    const came: number[] = [];
    let slept = 0;
    const clock = { nowMs: () => 0, sleep: () => Promise.resolve(void (slept += 1)) };
    const go = (index: number): Promise<number> => withLock(file, () => Promise.resolve(came.push(index)), clock);
    await Promise.all(Array.from({ length: 8 }, (_, index) => go(index)));
    expect([came, slept]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], 0]);
  });

  it("is kept from others while its holder lives, for a bounded time, and free as soon as that is done", async () => {
    const file = join(temporaryDirectory(), "lock");
    const holder = await holderOf(file);
    await expect(enter(file)).rejects.toMatchObject({
      code: "LOCK_TIMEOUT",
      retry: "transient",
      message: expect.stringContaining(`${file} has been held`),
    });
    holder.finish();
    await holder.ended;
    expect(await enter(file)).toBe("in");
  });

  it("goes with a holder that kill -9 met", async () => {
    const file = join(temporaryDirectory(), "lock");
    const holder = await holderOf(file);
    holder.kill();
    await holder.ended;
    expect(await enter(file)).toBe("in");
  });

  it.skipIf(noContainer)(
    `is kept by a holder of another pid namespace, whose number is another's here, and goes with it${why}`,
    async () => {
      const file = join(temporaryDirectory(), "lock");
      const holder = await holderOf(file, CONTAINER);
      expect(holder.said).toBe("held 1"); // a number that a living process has here, too, and started at another time
      await expect(enter(file)).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
      holder.kill();
      await holder.ended;
      expect(await enter(file)).toBe("in");
    },
  );

  it("is kept, and named with the remedy, where nobody can tell who holds it", async () => {
    const file = join(temporaryDirectory(), "lock");
    const left = JSON.stringify({ pid: process.pid, start: "1", nonce: "of an earlier program" });
    writeFileSync(file, left);
    await expect(enter(file)).rejects.toMatchObject({
      code: "LOCK_UNREADABLE",
      exitCode: 2,
      message: expect.stringMatching(/holds .*lock \(.*remove the file/),
    });
    expect(readFileSync(file, "utf8")).toBe(left);
  });

  it("is refused where its file may only be read: two readers would both hold it", async () => {
    const file = join(temporaryDirectory(), "lock");
    writeFileSync(file, "");
    chmodSync(file, 0o444);
    const { said } = await holderOf(file, isRoot ? WITHOUT_PRIVILEGE : []);
    expect(said).toMatch(/^DISK_REFUSED cannot write .*EACCES/);
  });

  it("says where it cannot be made", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    await expect(withLock(join(file, "lock"), () => Promise.resolve())).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});
