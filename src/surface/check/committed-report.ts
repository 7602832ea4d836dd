import { readFileSync, realpathSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { History } from "../../effect/git/history.js";
import { listTree, readBlobs } from "../../effect/git/history-files.js";
import { MAX_REPORT_BYTES } from "../../kernel/bounds.js";
import type { CheckFinding } from "../../schema/check-report.js";
import { aboutFile } from "./finding.js";

/**
 * Reports that are files of what is judged, as it has them: nothing ran to write them, and a change could bring any figures
 * along. Those that are not there are another's to refuse.
 */
export async function committedReports(
  history: History,
  tree: string,
  { files, cwd }: { files: readonly string[]; cwd: string },
): Promise<CheckFinding[]> {
  const { top } = history;
  if (top === null || files.length === 0) return [];
  const places = files.flatMap((file) => placeIn(top, resolve(cwd, file)).map((path) => ({ file, path })));
  const tracked = new Map((await listTree(history, tree)).map(({ path, object }) => [path, object]));
  const found = places.filter(({ path }) => tracked.has(path));
  const objects = found.map(({ path }) => tracked.get(path) ?? "");
  const blobs = await readBlobs(history, objects, MAX_REPORT_BYTES);
  return found.flatMap(({ file, path }) => {
    const content = blobs.get(tracked.get(path) ?? "");
    return typeof content === "object" && content.equals(readFileSync(resolve(cwd, file))) ? [committed(path)] : [];
  });
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

function committed(path: string): CheckFinding {
  return aboutFile(path, {
    rule: "coverage-committed",
    code: "ERROR_INSUFFICIENT_COVERAGE",
    message: `${path} is a coverage report and a file of what is judged: nothing ran to write it`,
    remedy: "Take it out of git, and have the tests write it before the check.",
  });
}
