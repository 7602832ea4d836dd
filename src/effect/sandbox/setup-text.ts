import { dirname } from "node:path";
import { Fault } from "../../kernel/fault.js";
import { type StagePart, stageDirectory } from "./host-view.js";
import { mountCalls } from "./mount-table.js";

/**
 * What the set-up program reads: operations in order, each a verb and its fields, every field ended by a NUL.
 * `directory PATH`, `file PATH TEXT`, `copy HOST-PATH PATH`, `mount SOURCE TARGET TYPE FLAGS DATA`, `cover` the same where the
 * target is there still; then `end`, as a mask may be among those that are cut off.
 * Throws Fault SANDBOX_SETUP for a field that holds a NUL itself.
 */
export function setupText(stage: StagePart): string {
  const copies = stage.copies.map((path) => [path, stageDirectory(path)] as const);
  const made = [...stage.files.map(({ path }) => path), ...copies.map(([, path]) => path)];
  const operations = [
    ...withParents([...stage.directories, ...made.map((path) => dirname(path))]).map((path) => ["directory", path]),
    ...stage.files.map(({ path, text }) => ["file", path, text]),
    ...copies.map(([from, to]) => ["copy", from, to]),
    ...stage.mounts.flatMap((mount) =>
      mountCalls(mount).map((call) => [mount.mayBeGone === true ? "cover" : "mount", ...call.map(String)]),
    ),
    ["end"],
  ];
  return operations.flat().map(endField).join("");
}

function endField(field: string): string {
  if (field.includes("\0"))
    throw new Fault("SANDBOX_SETUP", "the sandbox could not be set up: a name or a text holds a NUL character", {
      exitCode: 2,
    });
  return `${field}\0`;
}

/** Directories with all that lead to them, each once, parents first. The root is there already. */
function withParents(directories: readonly string[]): string[] {
  const all = new Set<string>();
  for (const directory of directories)
    for (let path = directory; path !== "/" && !all.has(path); path = dirname(path)) all.add(path);
  return [...all].sort();
}
