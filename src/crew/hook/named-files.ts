import { isAbsolute, join, normalize } from "node:path";

/** Longest name of a file (characters): an operating system opens no longer one. */
const MAX_PATH_CHARS = 4_096;
/** How often a text may have been encoded for an address. */
const MAX_ENCODINGS = 2;
/** An address of another machine's: no file of this one, unless it climbs. */
const REMOTE = /^(?:https?|wss?|ssh|git|ftp):\/\/[^/]/i;
const SCHEME = /^[a-z][a-z0-9+.-]+:(?:\/\/[^/]*)?(?=\/)|^file:/i;

/** What a tool that worknode does not know may resolve names by. */
export interface Naming {
  /** Folders it may take a relative name from. */
  readonly folders: readonly string[];
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Every absolute path, without `.` and `..`, that a text may name to such a tool: as it stands, as an address
 * (`file://`, percent-encoded), with blanks around it, `\\`, `~` or variables. Looks at no file.
 */
export function pathsNamed(text: string, naming: Naming): string[] {
  const names = formsOf(text).flatMap((form) => (isRemote(form) ? [] : [form, form.replace(SCHEME, "")]));
  const paths = names.flatMap((name) => absolute(expand(name.replaceAll("\\", "/"), naming), naming.folders));
  return [...new Set(paths)].filter((path) => path.length <= MAX_PATH_CHARS);
}

function formsOf(text: string): string[] {
  const forms = [text.trim()];
  for (let round = 0; round < MAX_ENCODINGS; round += 1) forms.push(decode(forms.at(-1) ?? ""));
  return [...new Set(forms)];
}

function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}

function isRemote(form: string): boolean {
  return REMOTE.test(form) && !form.split(/[/\\]/).includes("..");
}

function expand(name: string, { home, env }: Naming): string {
  const atHome = name.replace(/^~[^/]*(?=\/|$)/, home);
  return atHome.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string, bare: string) => env[braced ?? bare] ?? "");
}

function absolute(name: string, folders: readonly string[]): string[] {
  return (isAbsolute(name) ? [normalize(name)] : folders.map((folder) => join(folder, name))).map(withoutTail);
}

function withoutTail(path: string): string {
  return path === "/" ? path : path.replace(/(?<!\/)\/+$/, "");
}
