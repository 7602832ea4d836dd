import { freemem, totalmem } from "node:os";
import { expect, it } from "vitest";
import { probeBackends } from "../../src/effect/sandbox/probe.js";
import { MAX_SANDBOX_MEMORY_BYTES, MAX_SANDBOX_MEMORY_SHARE } from "../../src/kernel/bounds.js";
import { prepareGround } from "./attacks/ground.js";
import { PROBE_DIR } from "./harness.js";

const BOUND_BYTES = Math.min(MAX_SANDBOX_MEMORY_BYTES, totalmem() * MAX_SANDBOX_MEMORY_SHARE);
/** What a command may take beyond the bound before it is looked at, and what everything else on the machine needs. */
const ROOM_BYTES = 4 * 1024 ** 3;
const [confined, room] = [
  process.arch === "x64" && (await probeBackends({ stateDir: PROBE_DIR })).chosen !== null,
  freemem() > BOUND_BYTES + ROOM_BYTES,
];

it.skipIf(!confined || !room)(
  "a command that takes memory without end is stopped, told what the bound is, and keeps nothing [needs a sandbox on x64 and 12 GB free]",
  async () => {
    const ground = await prepareGround();
    try {
      await ground.call("Read", { file_path: "README.md" }); // makes the worktrees
      const before = ground.fingerprint();
      const take = "perl -e 'syscall(9, 0, 1 << 28, 3, 0x8022, -1, 0) while 1'"; // mmap, populated
      const command = `echo y >> notes.txt; mkdir out; echo x > out/mark; ${take}`;
      const { exitCode, report, told } = await ground.call("Bash", { command, timeout: 100_000 });
      expect(exitCode).toBe(3);
      expect(report.effects).toMatchObject({ kept: false });
      expect(report.result).toMatchObject({ exit_code: null });
      expect(told).toContain("The command was stopped by a limit: memory");
      expect(told).toContain("all of a command's may hold 8 GB");
      expect(ground.fingerprint()).toBe(before);
      const next = await ground.call("Bash", { command: "cat notes.txt; ls out" });
      expect(next.report.result).toMatchObject({ exit_code: 2, stdout: "notes\n" });
    } finally {
      await ground.end();
    }
  },
  150_000,
);
