import type { ChangeLimits } from "./change-limits.js";
import { withoutDeclared } from "./declared-documentation.js";
import type { Finding } from "./finding.js";
import type { HashLookup } from "./function-pair.js";
import { judgeMeasuredFile } from "./judge-file.js";
import type { SourceText } from "./power-of-ten/analysis.js";
import { judgePowerOfTen, type PowerOfTenInput } from "./power-of-ten/judge.js";
import { type ChangedFile, type CoverageInput, type CoverageJudgement, judgeCoverage } from "./report/coverage.js";
import { measureSource } from "./source.js";

/** What a submitted result is judged by. */
export interface CompletionInput {
  readonly files: readonly ChangedFile[];
  readonly limits: ChangeLimits;
  /** Whether changed named functions need documentation. */
  readonly requireDocs: boolean;
  /** The report the plan's own commands wrote; absent where the plan names none. */
  readonly coverage?: Pick<CoverageInput, "report" | "min" | "maxUntested" | "baseTotal">;
  /**
   * What the Power of Ten is judged with; absent: it is not judged. Among `others` are the headers that document what
   * they declare, too.
   */
  readonly powerOfTen?: Pick<PowerOfTenInput, "others" | "enforce">;
  /** Rules a person waived for the task in the approved plan: `documentation`, `coverage`. */
  readonly waivers: readonly string[];
  /** Token hashes of the base's functions: what is found there moved. */
  readonly elsewhere?: HashLookup;
}

/** Everything the measures object to, and the coverage figures; `coverage` is absent when it was not judged. */
export interface CompletionReport {
  readonly findings: readonly Finding[];
  readonly coverage?: CoverageJudgement;
}

/**
 * The rules on a submitted result (`S3:60-64`, `S3:236-251`, DESIGN §5): limits, parse errors and suppressions again,
 * documentation of changed named functions outside tests, coverage. Pure and total; that the commands ran green on
 * exactly this tree is the caller's to know.
 */
export function judgeCompletion(input: CompletionInput): CompletionReport {
  const judged = input.files.flatMap((file) => judgeFile(file, input));
  const findings = [...withoutDeclared(judged, sourcesOf(input)), ...powerOfTen(input)];
  if (input.coverage === undefined || input.waivers.includes("coverage")) return { findings };
  const elsewhere = input.elsewhere === undefined ? {} : { elsewhere: input.elsewhere };
  const coverage = judgeCoverage({ ...input.coverage, ...elsewhere, changed: input.files });
  return { findings: [...findings, ...coverage.denials], coverage };
}

function sourcesOf({ files, powerOfTen: ten }: CompletionInput): SourceText[] {
  return [...files.map(({ path, after }) => ({ path, text: after })), ...(ten?.others ?? [])];
}

function powerOfTen({ files, powerOfTen: ten, elsewhere }: CompletionInput): Finding[] {
  if (ten === undefined) return [];
  return judgePowerOfTen({ ...ten, files, ...(elsewhere === undefined ? {} : { elsewhere }) });
}

function judgeFile(file: ChangedFile, input: CompletionInput): Finding[] {
  const after = measureSource(file.path, file.after);
  if (after.language === null) return [];
  const before = file.before === null ? undefined : measureSource(file.path, file.before);
  return judgeMeasuredFile(before, after, input);
}
