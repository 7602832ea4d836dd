import { readFileSync, realpathSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { History } from "../../effect/history.js";
import { listTree, readBlobs } from "../../effect/history-files.js";
import { MAX_REPORT_BYTES } from "../../kernel/bounds.js";
import { invalid } from "../../kernel/fault.js";

/**
 * Refuses reports that are files of what is judged, as it has them: nothing ran to write them, and a change could bring any
 * figures along. Throws Fault BAD_COVERAGE (exit 2). Reports that are not there are another's to refuse.
 */
export async function refuseCommitted(
  history: History,
  tree: string,
  { files, cwd }: { files: readonly string[]; cwd: string },
): Promise<void> {
  const { top } = history;
  if (top === null) return;
  const places = files.flatMap((file) => placeIn(top, resolve(cwd, file)).map((path) => ({ file, path })));
  const tracked = new Map((await listTree(history, tree)).map(({ path, object }) => [path, object]));
  const found = places.filter(({ path }) => tracked.has(path));
  const blobs = await readBlobs(
    history,
    found.map(({ path }) => tracked.get(path) ?? ""),
    MAX_REPORT_BYTES,
  );
  for (const { file, path } of found) {
    const content = blobs.get(tracked.get(path) ?? "");
    if (typeof content === "object" && content.equals(readFileSync(resolve(cwd, file)))) throw committed(file);
  }
}

/** A file's path in the checkout, links followed; none where it is not there, or lies outside. */
function placeIn(top: string, file: string): string[] {
  try {
    const path = relative(realpathSync(top), realpathSync(file));
    return path.startsWith("..") || isAbsolute(path) ? [] : [path];
  } catch {
    return []; // not there, which who reads it says
  }
}

function committed(file: string): ReturnType<typeof invalid> {
  const advice = "Take it out of git, and have the tests write it before the check.";
  return invalid("BAD_COVERAGE", `${file} is a file of what is judged, and says what that wants. ${advice}`);
}
