import { repositoryFault } from "../../effect/git/repository-fault.js";
import { locateRepository, type RepositoryLocation } from "../../effect/repository/repository-location.js";
import { invalid } from "../../kernel/fault.js";
import { openStore, type Store } from "../../store/store.js";
import type { CliContext } from "./context.js";

/** The repository around the current directory. Throws Fault NO_REPOSITORY (exit 2). */
export function locateProject(context: Pick<CliContext, "cwd" | "env">): RepositoryLocation {
  const location = locateRepository(context.cwd, context.env);
  if (location !== undefined) return location;
  throw invalid(
    "NO_REPOSITORY",
    repositoryFault(context.cwd) ??
      `${context.cwd} is not inside a git repository. Go to your repository, or run \`git init\` and commit something.`,
  );
}

/**
 * Does some work on the repository's store and closes it. Throws what opening throws: no repository, no
 * database yet, a newer or damaged one (exit 2).
 */
export async function withStore<T>(
  context: Pick<CliContext, "cwd" | "env">,
  work: (store: Store, location: RepositoryLocation) => T | Promise<T>,
  options: { readonly?: boolean } = {},
): Promise<T> {
  const location = locateProject(context);
  const store = openStore(location.databasePath, { readonly: options.readonly ?? true });
  try {
    return await work(store, location);
  } finally {
    store.close();
  }
}
