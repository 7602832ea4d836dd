import { existsSync } from "node:fs";
import { join } from "node:path";
import { claimedIdentity, type Identity } from "../../effect/repository/identity.js";
import { listProjects } from "../../effect/repository/project-registry.js";
import type { RepositoryLocation } from "../../effect/repository/repository-location.js";
import { messageOf } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import type { Store } from "../../store/store.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { withStore } from "./project.js";

const FAILED = 1;

interface Flags {
  all?: true;
  outputFormat: OutputFormat;
}

/** `worknode kill [--all]`: raises the project's epoch; every capability and every dispatch of before is void at once (S2:122). */
export const killVerb: Verb = (context, args) => {
  const command = describeVerb(context, "kill", "Stop every run of this repository and void all capabilities.")
    .option("--all", "of every repository of yours on this machine")
    .addOption(formatOption());
  return withArguments<Flags>(command, args, ({ options }) =>
    options.all === true ? killAll(context, options) : killHere(context, options),
  );
};

function killHere(context: CliContext, { outputFormat }: Flags): Promise<number> {
  return withStore(
    context,
    (store, location) => {
      const epoch = raiseEpoch(store, claimedIdentity(context.env, location));
      if (outputFormat === "json") writeLine(context.out, visibleJson({ killed: true, epoch }));
      else
        writeLine(
          context.out,
          `Killed: nothing is dispatched any more (epoch ${epoch}). State is kept; \`worknode continue\` starts again.`,
        );
      return 0;
    },
    { readonly: false },
  );
}

function raiseEpoch(store: Store, by: Identity): number {
  return store.transaction(() => {
    const next = store.epoch() + 1;
    const place = { stream: "project", actor: by.os_user, run: 0, task: null, execution: null };
    store.append([{ type: "KILLED", ...place, payload: { epoch: next, by } }]);
    return next;
  });
}

/** One project that cannot be killed stops none of the others; it is named and the exit code says so. */
async function killAll(context: CliContext, { outputFormat }: Flags): Promise<number> {
  const projects: Killed[] = [];
  for (const root of listProjects(context.env))
    if (existsSync(join(root, ".worknode", "worknode.db"))) projects.push(await killOne(context, root));
  if (outputFormat === "json") writeLine(context.out, visibleJson({ projects }));
  else {
    for (const { root, epoch, error } of projects)
      writeLine(context.out, error === null ? `killed ${root} (epoch ${epoch})` : `NOT killed ${root}: ${error}`);
    if (projects.length === 0) writeLine(context.out, "No project of yours is known on this machine.");
  }
  return projects.some(({ error }) => error !== null) ? FAILED : 0;
}

interface Killed {
  readonly root: string;
  readonly epoch: number | null;
  readonly error: string | null;
}

async function killOne({ env }: CliContext, root: string): Promise<Killed> {
  try {
    const raise = (store: Store, location: RepositoryLocation): number =>
      raiseEpoch(store, claimedIdentity(env, location));
    return { root, epoch: await withStore({ cwd: root, env }, raise, { readonly: false }), error: null };
  } catch (thrown) {
    return { root, epoch: null, error: messageOf(thrown) };
  }
}
