import { readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import type { RepositoryLocation } from "./repository-location.js";

/** Who a person says they are: claimed, not proven (DESIGN §11). */
export interface Identity {
  os_user: string;
  git_email: string | null;
}

/** The OS user and the git e-mail of the environment, the repository or the home, in git's order. */
export function claimedIdentity(env: NodeJS.ProcessEnv, location: Pick<RepositoryLocation, "commonDir">): Identity {
  const home = env["HOME"] ?? homedir();
  const files = [
    join(location.commonDir, "config"),
    join(home, ".gitconfig"),
    join(env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "git", "config"),
  ];
  const given = env["GIT_COMMITTER_EMAIL"] ?? env["EMAIL"];
  return { os_user: osUser(env), git_email: given ?? firstEmail(files) };
}

function osUser(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env["USER"] ?? "unknown";
  }
}

function firstEmail(files: readonly string[]): string | null {
  for (const file of files) {
    const email = emailIn(file);
    if (email !== undefined) return email;
  }
  return null;
}

/** `email` of the `[user]` section; only the plain form git itself writes is understood. */
function emailIn(file: string): string | undefined {
  let section = "";
  for (const line of readLines(file)) {
    const heading = /^\s*\[([^\]]*)\]/.exec(line);
    if (heading !== null) section = (heading[1] ?? "").trim().toLowerCase();
    const value = /^\s*email\s*=\s*"?([^"#;]+)"?/i.exec(line);
    if (section === "user" && value?.[1] !== undefined) return value[1].trim();
  }
  return undefined;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}
