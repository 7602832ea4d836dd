import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  statSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { MAX_TOOLCHAIN_PROGRAMS } from "../../kernel/bounds.js";
import { isSystemPath } from "./host-view.js";
import { isWithin } from "./mount-table.js";

/** What programs are looked for with. */
export interface ToolchainEnvironment {
  readonly PATH?: string | undefined;
  readonly HOME?: string | undefined;
  readonly RUSTUP_HOME?: string | undefined;
  /** The user's checkout: programs in it come with the workspace and its links, but may lead outside. */
  readonly root?: string;
}

/** Below a home. */
export const COREPACK_HOME = ".cache/node/corepack";

const ALWAYS = ["node", "npm", "npx"];
const MAX_LINKS = 16;
const SHEBANG_BYTES = 256;

/**
 * The installation prefixes to mount so that these programs run: of each program (a name looked up in
 * PATH, or a path), of what its links lead to, and of a script's interpreter; plus node, npm and npx.
 * Programs in system directories need none. A program that lies in a home or in `~/.local/bin` is
 * given alone, never with its directory; nothing is ever a whole home. Missing programs give nothing.
 */
export function resolveToolchains(programs: readonly string[], env: ToolchainEnvironment): string[] {
  const waiting = [...new Set([process.execPath, ...ALWAYS, ...programs])];
  const seen = new Set<string>();
  const prefixes = new Set<string>();
  for (let program = waiting.pop(); program !== undefined; program = waiting.pop()) {
    if (seen.has(program) || seen.size >= MAX_TOOLCHAIN_PROGRAMS) continue;
    seen.add(program);
    const found = findProgram(program, env);
    if (found === undefined) continue;
    const hops = followLinks(found);
    const outside = hops.filter((path) => isOutside(path, env)).flatMap((path) => prefixesOf(path, env));
    for (const prefix of [...outside, ...corepackHome(hops, env)]) prefixes.add(prefix);
    waiting.push(...interpreterOf(hops.at(-1) ?? found));
  }
  return withoutNested([...prefixes]);
}

/** Where corepack keeps the package managers that its `pnpm` and `yarn` start; without network it can fetch none. */
function corepackHome(hops: readonly string[], { HOME }: ToolchainEnvironment): string[] {
  if (HOME === undefined || !hops.some((path) => path.includes("/node_modules/corepack/"))) return [];
  const home = join(HOME, COREPACK_HOME);
  return existsSync(home) ? [home] : [];
}

function isOutside(path: string, env: ToolchainEnvironment): boolean {
  return !isSystemPath(path) && (env.root === undefined || !isWithin(path, env.root));
}

/** Where a program lies: a name is looked up in PATH, a path below the checkout. Undefined where it cannot be run. */
export function findProgram(program: string, env: ToolchainEnvironment): string | undefined {
  if (program.includes("/")) {
    const path = isAbsolute(program) ? program : env.root === undefined ? undefined : join(env.root, program);
    return path !== undefined && isExecutable(path) ? path : undefined;
  }
  const entries = (env.PATH ?? "")
    .split(":")
    .filter((entry) => isAbsolute(entry) && !entry.endsWith("/node_modules/.bin"));
  return entries.map((entry) => join(entry, program)).find(isExecutable);
}

/** Whether a path leads to a file that this user may start. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A path and each path its links lead to, the real one last. A loop ends at MAX_LINKS. */
function followLinks(path: string): string[] {
  const hops = [path];
  for (let count = 0; count < MAX_LINKS; count += 1) {
    const last = hops.at(-1) ?? path;
    const next = nextHop(last);
    if (next === undefined) break;
    hops.push(next);
  }
  return hops;
}

/** The first link on the way to `path` resolved: a directory on the way may be one, too (`/opt/node -> node-20`). */
function nextHop(path: string): string | undefined {
  const segments = path.split("/").slice(1);
  for (let depth = 1; depth <= segments.length; depth += 1) {
    const part = `/${segments.slice(0, depth).join("/")}`;
    if (isSystemPath(part) || lstatSync(part, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    return join(resolve(dirname(part), readlinkSync(part)), ...segments.slice(depth));
  }
  return undefined;
}

/** What to mount for one program outside the system directories. */
function prefixesOf(path: string, env: ToolchainEnvironment): string[] {
  const directory = dirname(path);
  const parent = dirname(directory);
  const name = basename(directory);
  if (name === "bin" && basename(parent) === ".cargo") return [directory, ...rustHome(parent, env)];
  if (["bin", "sbin", "shims"].includes(name) && isPrefix(parent, env)) return [parent];
  const packages = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  return [packages ?? path];
}

function rustHome(cargo: string, env: ToolchainEnvironment): string[] {
  const home = env.RUSTUP_HOME ?? join(dirname(cargo), ".rustup");
  return existsSync(home) ? [home] : [];
}

/** Whether a directory may be mounted whole: no home, nothing that holds one, no `.local`, no root of many things. */
function isPrefix(path: string, env: ToolchainEnvironment): boolean {
  const homes = [env.HOME ?? "/root", "/root"];
  if (homes.some((home) => isWithin(home, path))) return false;
  if (dirname(path) === "/home" || dirname(path) === "/Users" || basename(path) === ".local") return false;
  return path.split("/").length > 2; // neither `/` nor `/opt`
}

/** The interpreter a script names in its first line. */
function interpreterOf(path: string): string[] {
  const words = readShebang(path)
    .split(/\s+/)
    .filter((word) => word !== "");
  const [program = "", ...rest] = words;
  if (basename(program) !== "env") return program === "" ? [] : [program];
  return rest.filter((word) => !word.startsWith("-") && !word.includes("=")).slice(0, 1);
}

function readShebang(path: string): string {
  const buffer = Buffer.alloc(SHEBANG_BYTES);
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      readSync(file, buffer);
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
  const [line = ""] = buffer.toString("latin1").split("\n", 1);
  return line.startsWith("#!") ? line.slice(2) : "";
}

function withoutNested(paths: readonly string[]): string[] {
  return paths.filter((path) => !paths.some((other) => other !== path && isWithin(path, other))).sort();
}
