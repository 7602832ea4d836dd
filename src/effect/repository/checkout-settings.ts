import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { safePath, splitNul } from "../git/git.js";
import type { Repository } from "./repository.js";

const run = promisify(execFile);

/** What a person's git does to the files of a checkout, without running anything: their line endings, and which are there. */
const NAMES = /^core\.(autocrlf|eol|sparsecheckout|sparsecheckoutcone)$/;
/** What such a setting can be: nothing else is handed on. */
const VALUE = /^(true|false|input|lf|crlf|native)$/;

/** A checkout, and the environment that says where its person's own settings are. */
type Configured = Pick<Repository, "checkout" | "env">;

/**
 * The person's settings for the files of their checkout, as arguments before a command of worknode's git: without them
 * it takes every file for changed, and writes what they left out. None where there are none. Reading a setting executes
 * nothing.
 */
export async function checkoutSettings(of: Configured): Promise<string[]> {
  const found = splitNul(await readSetting(of, ["--null", "--get-regexp", NAMES.source]));
  return found.flatMap((entry) => {
    const [name = "", value = "true"] = entry.split("\n");
    return NAMES.test(name) && VALUE.test(value) ? ["-c", `${name}=${value}`] : [];
  });
}

/** Whether the person's git signs the commits they make here. Worknode's are never signed: it holds no key of theirs. */
export async function signsCommits(of: Configured): Promise<boolean> {
  return (await readSetting(of, ["--type=bool", "commit.gpgSign"])).trim() === "true";
}

/** What `git config` prints by the person's own configuration; nothing where it is not set. */
async function readSetting({ checkout, env: given }: Configured, args: readonly string[]): Promise<string> {
  const { PATH = "", HOME, XDG_CONFIG_HOME } = given;
  const env = { PATH: safePath(PATH, checkout), HOME, XDG_CONFIG_HOME };
  const all = ["-c", `safe.directory=${checkout}`, "config", ...args];
  return await run("git", all, { cwd: checkout, env }).then(
    ({ stdout }) => stdout,
    () => "", // it is not set
  );
}
