import { existsSync } from "node:fs";
import { listProjects } from "../../effect/repository/project-registry.js";
import { ensureProjectDir } from "../../effect/repository/repository.js";
import { locateRepository, type RepositoryLocation } from "../../effect/repository/repository-location.js";
import { messageOf } from "../../kernel/fault.js";
import type { Store } from "../../store/store.js";
import type { CliContext } from "./context.js";
import { locateProject, withStore } from "./project.js";

/** Does some work on the repository's memory, making its database where there is none. Throws Fault (exit 2). */
export async function withMemory<T>(
  context: Pick<CliContext, "cwd" | "env">,
  work: (store: Store, location: RepositoryLocation) => T | Promise<T>,
): Promise<T> {
  await ensureProjectDir(locateProject(context));
  return await withStore(context, work, { readonly: false });
}

/** What the projects of a user answered; exit 1 where one of them could not be read. */
interface Answers<T> {
  readonly answers: T[];
  readonly exitCode: 0 | 1;
}

/** Asks every project of the user, in order of their paths. One that cannot be read is named on standard error. */
export async function forEachProject<T>(
  context: CliContext,
  work: (store: Store, root: string) => T,
): Promise<Answers<T>> {
  const answers: T[] = [];
  let exitCode: Answers<T>["exitCode"] = 0;
  for (const root of listProjects(context.env)) {
    const location = existsSync(root) ? locateRepository(root, context.env) : undefined;
    if (location === undefined || !existsSync(location.databasePath)) continue;
    try {
      answers.push(await withStore({ cwd: root, env: context.env }, (store) => work(store, root)));
    } catch (thrown) {
      exitCode = 1;
      context.err.write(`worknode: ${root}: ${messageOf(thrown)}\n`);
    }
  }
  return { answers, exitCode };
}
