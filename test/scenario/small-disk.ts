import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A small disk of its own needs the right to mount; without it the tests that want one are skipped by name. */
export function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), "worknode-mount-"));
  const able = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe]).status === 0;
  if (able) spawnSync("umount", [probe]);
  rmSync(probe, { recursive: true, force: true });
  return able;
}
