import { Option } from "commander";
import { claimedIdentity } from "../../effect/repository/identity.js";
import type { RepositoryLocation } from "../../effect/repository/repository-location.js";
import type { Result } from "../../kernel/result.js";
import type { CliContext } from "./context.js";

/** `--as`: who speaks, for agents that share an account. */
export function asOption(): Option {
  return new Option("--as <name>", "who says so (default: your git e-mail, else the account's name)");
}

/** Who gives a command: the name given, else the git e-mail, else the account (claimed, not proven). */
export function speakerOf(
  context: Pick<CliContext, "env">,
  location: Pick<RepositoryLocation, "commonDir">,
  given: string | undefined,
): string {
  if (given !== undefined) return given;
  const { git_email, os_user } = claimedIdentity(context.env, location);
  return git_email ?? os_user;
}

/** What a memory call answered; its fault is thrown. */
export function valueOf<T, E>(result: Result<T, E>): T {
  if (result.ok) return result.value;
  throw result.error;
}
