import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyEvent } from "../../../src/schema/event.js";
import { isHolderAlive } from "../../../src/store/lease.js";
import { cycleStarted, temporaryFolder, temporaryStore } from "./sample-events.js";

/** Appends notes until told how many, and says each number once it is acknowledged. */
const WRITER = `
import { openStore } from "./store.mjs";
import { holderOf } from "./lease.mjs";
const [path, name, count, batch] = process.argv.slice(2);
const store = openStore(path);
store.lease.acquire("writer:" + name, holderOf(process.pid, name), () => true);
for (let index = 0; index < Number(count); index += 1) {
  const event = (part) => ({ type: "ALERT", stream: "cycle:1", actor: name, run: 1, task: null, execution: null,
    payload: { severity: "info", message: name + ":" + index + ":" + part, to: "executive" } });
  const written = store.append(Array.from({ length: Number(batch) }, (_, part) => event(part)));
  process.stdout.write(written.at(-1).seq + "\\n");
}
store.close();
`;

/** Appends twice, makes the log's file look old, and comes to its end without closing the store. */
const LEAVER = `
import { utimesSync } from "node:fs";
import { openStore } from "./store.mjs";
const [path] = process.argv.slice(2);
const store = openStore(path);
const event = { type: "ALERT", stream: "cycle:1", actor: "leaver", run: 1, task: null, execution: null,
  payload: { severity: "info", message: "m", to: "executive" } };
store.append([event]);
store.append([event]);
utimesSync(path + "-wal", 1, 1);
`;

let folder = "";
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worknode-writer-"));
  const driver = resolve("node_modules/better-sqlite3/lib/index.js");
  for (const name of ["store", "lease"]) {
    buildSync({
      entryPoints: [resolve(`src/store/${name}.ts`)],
      outfile: join(folder, `${name}.mjs`),
      bundle: true,
      platform: "node",
      format: "esm",
      alias: { "better-sqlite3": driver },
      external: [driver],
    });
  }
  writeFileSync(join(folder, "writer.mjs"), WRITER);
  writeFileSync(join(folder, "leaver.mjs"), LEAVER);
});

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function startWriter(path: string, name: string, count: number, batch = 1): ChildProcess {
  const args = [join(folder, "writer.mjs"), path, name, String(count), String(batch)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  await new Promise((done) => child.once("close", done));
}

describe("several processes on one database", () => {
  it("append to one chain and see each other's events", async () => {
    const store = temporaryStore();
    store.append([cycleStarted(1, [])]);
    const seen: AnyEvent[] = [];
    const total = 3 * 40 * 2;
    const all = new Promise<void>((done) => {
      store.subscribe((events) => {
        seen.push(...events);
        if (seen.length === total) done();
      });
    });
    const writers = ["implementer", "tester", "writer"].map((name) => startWriter(store.path, name, 40, 2));
    await Promise.all([all, ...writers.map(ended)]);
    expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, index) => index + 2));
    const stamps = store.events({}).map(({ hlc }) => hlc);
    expect([...stamps].sort()).toEqual(stamps);
    expect(new Set(stamps).size).toBe(total + 1);
    expect(store.verify()).toEqual({ ok: true, events: total + 1 });
    expect(store.rebuild()).toEqual({ equal: true, differences: [] });
    for (const name of ["implementer", "tester", "writer"]) {
      expect(seen.filter(({ actor }) => actor === name)).toHaveLength(80);
    }
  });

  it("may all be the first to open it", async () => {
    const path = join(temporaryFolder(), "new", "worknode.db");
    const writers = ["a", "b", "c", "d"].map((name) => startWriter(path, name, 5));
    await Promise.all(writers.map(ended));
    expect(writers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    const store = temporaryStore({ path });
    expect(store.verify()).toEqual({ ok: true, events: 20 });
    expect(new Set(store.events({}).map(({ node }) => node)).size).toBe(1);
  });

  it("are woken for the last commit of one that ends without closing", async () => {
    const store = temporaryStore();
    store.append([cycleStarted(1, [])]);
    const child = spawn(process.execPath, [join(folder, "leaver.mjs"), store.path], { stdio: "inherit" });
    children.push(child);
    await ended(child);
    expect(child.exitCode).toBe(0);
    expect(statSync(`${store.path}-wal`).mtimeMs).toBeGreaterThan(1_000);
  });

  it("lose nothing acknowledged when one is killed, and its lease passes on at once", async () => {
    const store = temporaryStore();
    const child = startWriter(store.path, "doomed", 1_000_000, 5);
    let acknowledged = 0;
    const enough = new Promise<void>((done) => {
      child.stdout?.on("data", (data: Buffer) => {
        const lines = data.toString().trim().split("\n");
        acknowledged = Math.max(acknowledged, Number(lines.at(-1)?.match(/^\d+$/)?.[0] ?? 0));
        if (acknowledged > 100) done();
      });
    });
    await enough;
    const gone = ended(child);
    child.kill("SIGKILL");
    await gone;
    const events = store.events({});
    expect(events.length).toBeGreaterThanOrEqual(acknowledged);
    expect(events.length % 5).toBe(0);
    expect(store.verify()).toEqual({ ok: true, events: events.length });
    expect(store.rebuild().equal).toBe(true);
    const next = store.lease.acquire(
      "writer:doomed",
      { pid: process.pid, startTime: "1@x", owner: "next" },
      isHolderAlive,
    );
    expect(next).toEqual({ ok: true, value: { fence: 2 } });
  });
});
