import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { invalid, messageOf } from "../../kernel/fault.js";
import { readBelow } from "../disk/path-fact.js";
import { splitNul } from "../git/git.js";
import { findProgram } from "../sandbox/toolchain.js";
import type { Repository } from "./repository.js";

/** The user's checkout as a survey sees it: names, texts, programs. Nothing is run but git. */
export interface CheckoutView {
  /** Files git tracks, sorted. */
  readonly files: readonly string[];
  /** Text of a file, never through a link; undefined where there is none or it is longer than MAX_FILE_BYTES. */
  read(path: string): string | undefined;
  /** Names in a folder. */
  list(path: string): string[];
  /** Whether a program is in PATH, or at a path of the checkout. */
  has(program: string): boolean;
}

/** Opens the view of a repository's checkout. */
export async function viewCheckout(repository: Repository, env: NodeJS.ProcessEnv): Promise<CheckoutView> {
  const { checkout } = repository;
  const files = splitNul(await repository.git.run(["ls-files", "-z", "--cached"])).sort();
  return {
    files,
    read: (path) => readBelow(checkout, path, MAX_FILE_BYTES)?.toString("utf8"),
    list: (path) => (existsSync(join(checkout, path)) ? readdirSync(join(checkout, path)) : []),
    has: (program) => findProgram(program, { PATH: env["PATH"], root: checkout }) !== undefined,
  };
}

/**
 * Writes a file of `.worknode/` that is not there yet; says whether it did. What is there is never touched.
 * Throws Fault PROJECT_DIRECTORY (exit 2).
 */
export async function writeNewFile(root: string, path: string, text: string): Promise<boolean> {
  const file = join(root, path);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: "wx" });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw invalid("PROJECT_DIRECTORY", `cannot write ${file} (${messageOf(thrown)}).`, thrown);
  }
}
