import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The user's own ignore file (`core.excludesFile` of the global configuration, else git's default
 * place), so that what git ignores for the user is not called uncommitted. Reading a setting executes
 * nothing. Undefined when there is none.
 */
export async function userExcludes(checkout: string): Promise<string | undefined> {
  const configured = await readSetting(checkout);
  const file = configured ?? join(configHome(), "git", "ignore");
  const readable = await access(file).then(
    () => true,
    () => false,
  );
  return readable && isAbsolute(file) ? file : undefined;
}

function configHome(): string {
  const configured = process.env["XDG_CONFIG_HOME"] ?? "";
  return isAbsolute(configured) ? configured : join(process.env["HOME"] ?? homedir(), ".config");
}

async function readSetting(checkout: string): Promise<string | undefined> {
  try {
    const env = {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      XDG_CONFIG_HOME: process.env["XDG_CONFIG_HOME"],
    };
    const args = ["config", "--global", "--type=path", "--get", "core.excludesFile"];
    const { stdout } = await run("git", args, { cwd: checkout, env });
    return stdout.trim() || undefined;
  } catch {
    return undefined; // not set
  }
}
