import { createHash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { PROBE_DIR } from "../harness.js";
import { type Called, type Ground, prepareGround } from "./ground.js";

const sandbox = await probeBackends({ stateDir: PROBE_DIR });
const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

/** Hashes of a file by the calls that kept it, in their order. */
function keptOf(events: Called["events"], path: string): (string | null)[] {
  return events.flatMap((event) =>
    event.type === "EFFECT_KEPT"
      ? event.payload.changes.filter((change) => change.path === path).map(({ after }) => after)
      : [],
  );
}

describe.skipIf(sandbox.chosen === null)("a race", () => {
  let ground: Ground;
  let root: string;
  beforeAll(async () => {
    ground = await prepareGround();
    const { report } = await ground.call("Read", { file_path: "README.md" });
    root = report.workspace ?? "";
  });
  afterAll(() => ground.end());
  const text = (path: string): string => readFileSync(join(root, path), "utf8");

  it("between a child that goes on writing and the look at its file keeps what was judged, whole", async () => {
    const command = "(n=0; while :; do n=$((n + 1)); echo line $n >> notes.txt; done) & sleep 0.3";
    const { report, events } = await ground.call("Bash", { command });
    expect(report.effects?.kept).toBe(true);
    expect(keptOf(events, "notes.txt")).toEqual([sha256(text("notes.txt"))]);
    expect(text("notes.txt")).toMatch(/line \d+\n$/);
  });

  it("between a link, a folder, a pipe and a file under one listed name leaves a file there or nothing", async () => {
    const turns =
      "ln -sfn /etc/passwd src/fresh.js; rm -rf src/fresh.js; mkfifo src/fresh.js; rm -f src/fresh.js; mkdir src/fresh.js; rmdir src/fresh.js; echo '// x' > src/fresh.js; rm -f src/fresh.js";
    for (const pause of ["0.05", "0.11", "0.17", "0.23"]) {
      await ground.call("Bash", {
        command: `(while :; do ${turns}; done) & sleep ${pause}`,
      });
      const left = lstatSync(join(root, "src/fresh.js"), { throwIfNoEntry: false });
      expect(left === undefined || left.isFile()).toBe(true);
    }
  });

  it("between two commands on one file keeps each whole or not at all", async () => {
    const write = (letter: string): string => `for i in $(seq 200); do echo ${letter}; done > notes.txt; sleep 0.2`;
    const calls = await Promise.all(["a", "b"].map((letter) => ground.call("Bash", { command: write(letter) })));
    const kept = calls.filter(({ report }) => report.effects?.kept === true);
    expect(kept.length).toBeGreaterThan(0);
    expect(["a\n".repeat(200), "b\n".repeat(200)]).toContain(text("notes.txt"));
    const store = ground.repo.store();
    expect(keptOf(store.events({ type: "EFFECT_KEPT" }), "notes.txt").at(-1)).toBe(sha256(text("notes.txt")));
    expect(store.verify().ok).toBe(true);
    store.close();
  });

  it("between a command and a write loses neither: the later is told that the file is another", async () => {
    const slow = ground.call("Bash", { command: "sed -i s/a/c/ notes.txt; sed -i s/b/c/ notes.txt; sleep 1.5" });
    await new Promise((resolve) => setTimeout(resolve, 700));
    const write = await ground.call("Write", { file_path: "notes.txt", content: "written\n" });
    const command = await slow;
    const both = [write, command].map(({ report }) => report.effects?.kept === true);
    expect(both.filter(Boolean).length).toBeGreaterThan(0);
    const store = ground.repo.store();
    expect(keptOf(store.events({ type: "EFFECT_KEPT" }), "notes.txt").at(-1)).toBe(sha256(text("notes.txt")));
    store.close();
  });
});
