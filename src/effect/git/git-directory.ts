import { mkdir, readFile, readlink, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../../kernel/ids.js";

/**
 * Git that worknode runs must never execute what the repository configures: hooks, fsmonitor,
 * filters, merge and diff drivers, aliases, includes, signing, helpers. Overriding each known
 * setting would miss the next one, so worknode's git never reads the repository's configuration:
 * it runs with `GIT_COMMON_DIR` set to a directory of worknode's own that holds a minimal `config`
 * and leads to the repository's objects and refs through links (the layout of `git new-workdir`).
 */
const SHARED = ["objects", "refs", "logs", "packed-refs", "worktrees", "shallow", "reftable"];
const KEPT_EXTENSIONS = ["objectformat", "refstorage", "compatobjectformat"];

/** Makes or repairs the private common directory for `commonDir` and returns its path. Safe to run at once in several processes. */
export async function prepareGitDirectory(commonDir: string, stateDir: string): Promise<string> {
  const directory = join(stateDir, "git");
  await mkdir(join(directory, "info"), { recursive: true, mode: 0o700 });
  await writeWhenDifferent(join(directory, "config"), minimalConfig(await readText(join(commonDir, "config"))));
  for (const name of SHARED) await linkTo(join(commonDir, name), join(directory, name));
  await linkTo(join(commonDir, "info", "exclude"), join(directory, "info", "exclude"));
  return directory;
}

/** The format version and the extensions that say how objects and refs are stored; nothing else is taken over. */
export function minimalConfig(repositoryConfig: string): string {
  const version = /^\s*repositoryformatversion\s*=\s*(\d+)\s*$/im.exec(repositoryConfig)?.[1] ?? "0";
  const lines = ["[core]", `\trepositoryformatversion = ${version}`, "\tbare = false"];
  const extensions = KEPT_EXTENSIONS.flatMap((name) => {
    const value = new RegExp(`^\\s*${name}\\s*=\\s*([A-Za-z0-9]+)\\s*$`, "im").exec(repositoryConfig)?.[1];
    return value === undefined ? [] : [`\t${name} = ${value}`];
  });
  if (extensions.length > 0) lines.push("[extensions]", ...extensions);
  return `${lines.join("\n")}\n`;
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}

async function writeWhenDifferent(file: string, text: string): Promise<void> {
  if ((await readText(file)) === text) return;
  const temporary = `${file}.${process.pid}.${systemRandom.hex(4)}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
}

async function linkTo(target: string, path: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === target) return;
  const temporary = `${path}.${process.pid}.${systemRandom.hex(4)}`;
  await symlink(target, temporary);
  await rename(temporary, path);
}
