import { claimedIdentity } from "../../effect/identity.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type Verb, writeLine } from "./context.js";
import { withStore } from "./project.js";

/** `worknode kill`: raises the project's epoch; every capability and every dispatch of before is void at once (S2:122). */
export const killVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "kill",
    "Stop every run of this repository and void all capabilities.",
  ).addOption(formatOption());
  return withArguments<{ outputFormat: OutputFormat }>(command, args, ({ options }) =>
    withStore(
      context,
      (store, location) => {
        const by = claimedIdentity(context.env, location);
        const epoch = store.transaction(() => {
          const next = store.epoch() + 1;
          store.append([
            {
              type: "KILLED",
              stream: "project",
              actor: by.os_user,
              run: 0,
              task: null,
              execution: null,
              payload: { epoch: next, by },
            },
          ]);
          return next;
        });
        if (options.outputFormat === "json") writeLine(context.out, JSON.stringify({ killed: true, epoch }));
        else
          writeLine(
            context.out,
            `Killed: nothing is dispatched any more (epoch ${epoch}). State is kept; \`worknode continue\` starts again.`,
          );
        return 0;
      },
      { readonly: false },
    ),
  );
};
