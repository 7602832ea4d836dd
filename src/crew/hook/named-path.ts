import { isAbsolute, join, relative } from "node:path";
import { err, ok, type Result } from "../../kernel/result.js";

/** Members of a tool's input that name a file or folder. */
export const PATH_MEMBERS = ["file_path", "notebook_path", "path"] as const;

/**
 * A path as the client means it: from the session's directory where it is relative. What the client would repair
 * (blanks around it, `~`) is refused, because the gate would judge another file than the one written.
 */
export function clientPath(value: unknown, cwd: string): Result<string, string> {
  if (typeof value !== "string") return err("it is no text");
  if (value !== value.trim()) return err("there are blanks around it");
  if (value.startsWith("~")) return err("it begins with ~");
  return ok(isAbsolute(value) ? value : `${cwd}/${value.replace(/^\.\//, "")}`);
}

/** Whether a path is a folder or below it. Neither is looked at. */
export function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, join(path));
  return way === "" || !(way.startsWith("..") || isAbsolute(way));
}
