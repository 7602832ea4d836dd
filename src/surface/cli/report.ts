import { InvalidArgumentError, Option } from "commander";
import { visible, visibleJson } from "../../kernel/visible.js";
import { renderReport, reportProject } from "../../memory/report.js";
import type { ProjectReport } from "../../schema/project-report.js";
import { describeVerb, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { withStore } from "./project.js";
import { forEachProject } from "./projects.js";

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

interface Flags {
  since: number;
  all?: true;
  format: "md" | "json";
}

/** `worknode report [--since 24h] [--all] [--format md|json]`: what happened, and what comes next. */
export const reportVerb: Verb = (context, args) => {
  const now = Date.now();
  const command = describeVerb(
    context,
    "report",
    "Say what happened since a time: done, next, blockers, deviation, cost.",
  )
    .option(
      "--since <time>",
      "a time span such as 24h or 7d, or a date",
      (text) => sinceMs(text, now),
      now - 86_400_000,
    )
    .option("--all", "every project of yours")
    .addOption(new Option("--format <format>", "how to print").choices(["md", "json"]).default("md"));
  return withArguments<Flags>(command, args, async ({ options }) => {
    const { answers: reports, exitCode } = await gather(context, options);
    if (options.format === "json")
      writeLine(context.out, visibleJson(options.all === true ? { projects: reports } : reports[0]));
    else context.out.write(visible(reports.map(renderReport).join("\n")));
    return exitCode;
  });
};

async function gather(context: CliContext, { all, since }: Flags): ReturnType<typeof forEachProject<ProjectReport>> {
  if (all === true)
    return await forEachProject(context, (store, root) => reportProject(store, { sinceMs: since, root }));
  const own = await withStore(context, (store, { root }) => reportProject(store, { sinceMs: since, root }));
  return { answers: [own], exitCode: 0 };
}

function sinceMs(text: string, nowMs: number): number {
  const span = /^(\d{1,6})([mhdw])$/.exec(text);
  const ms = span === null ? Date.parse(text) : nowMs - Number(span[1]) * (UNITS_MS[span[2] ?? ""] ?? 0);
  if (Number.isNaN(ms) || Math.abs(ms) > 8.64e15 || ms < 0)
    throw new InvalidArgumentError("Say 30m, 24h, 7d, 2w or a date.");
  return ms;
}
