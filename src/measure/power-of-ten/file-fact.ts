import type { Comment } from "../comment.js";
import type { FileMeasure, RuleFinding } from "../file-measure.js";
import type { FunctionSpan } from "../function-draft.js";
import type { Language } from "../language.js";
import { lineTable } from "../line-table.js";
import { findFieldAllocations, growingCollections } from "./allocation-rule.js";
import { findClassRings } from "./call-graph/class-ring.js";
import { readModule } from "./ecmascript-module.js";
import type { FileFact } from "./fact.js";
import { readFields } from "./field.js";
import { type FileContext, functionFact, unitFindings } from "./function-fact.js";
import { calledVariables, mutableGlobals } from "./global-variable.js";
import { hiddenNames } from "./hidden-name.js";
import { effortFor } from "./loop/loop-bound.js";
import { type Effects, readEffects } from "./loop/loop-effect.js";
import { saidTypes } from "./loop/said-type.js";
import { statedBounds } from "./loop/stated-bound.js";
import type { Piece } from "./piece.js";
import { readDeclarations } from "./preprocessor.js";
import { finding } from "./rule.js";
import { sharedContainers } from "./shared-state.js";
import { splitUnits, type Unit } from "./unit.js";

/** A measured file as the rules get it. */
export interface ReadFile {
  readonly measure: FileMeasure;
  readonly language: Language;
  readonly text: string;
  readonly root: Piece;
  readonly spans: readonly FunctionSpan[];
  readonly comments: readonly Comment[];
}

/** What is known of a file by its own text. */
export function fileFact(file: ReadFile): FileFact {
  const { measure, language, text, root } = file;
  const units = splitUnits(root, language);
  numberUnits(units, file.spans);
  const globals = mutableGlobals(root, language, text);
  const context = contextOf(file, units, new Set(globals.keys()));
  const listed = units.filter(({ index }) => index !== -1).map((unit) => functionFact(unit, context));
  const rest = units.filter(({ index }) => index === -1).flatMap((unit) => unitFindings(unit, context));
  const set = namedVariables(listed.flatMap(({ findings }) => findings));
  const unset = [...globals].filter(([name]) => !set.has(name));
  return {
    measure,
    functions: listed,
    ...readModule(root),
    ...readDeclarations(root, text),
    ...readFields(root, text),
    variables: new Set([...globals.keys(), ...calledVariables(root, language)]),
    findings: [
      ...rest,
      ...findClassRings(root, context),
      ...findFieldAllocations(root, context),
      ...(language === "python" ? [] : unset.map(([name, piece]) => globalFinding(context, name, piece))),
    ],
  };
}

/** The variables that findings name, each at the end of its message. */
function namedVariables(findings: readonly RuleFinding[]): Set<string> {
  return new Set(
    findings.flatMap(({ message }) => [...message.matchAll(/ variable (?=(.+)$)/gs)].map((hit) => hit[1] ?? "")),
  );
}

function contextOf(file: ReadFile, units: readonly Unit[], globals: ReadonlySet<string>): FileContext {
  const table = lineTable(file.text);
  const bounds = statedBounds(file.text, file.comments);
  const pieces = units.reduce((sum, { own }) => sum + own.length, 0);
  let effects: Effects | undefined;
  const shared = { language: file.language, text: file.text, table, effort: effortFor(pieces), stated: bounds.loops };
  return {
    ...shared,
    units: new Map(units.map((unit) => [unit.piece, unit])),
    imports: readModule(file.root).imports,
    hidden: hiddenNames(file.root, file.language, file.text),
    globals,
    containers: sharedContainers(units[0] as Unit, shared),
    collections: growingCollections(units, shared),
    depths: bounds.depths,
    said: saidTypes(file.text),
    spans: file.spans,
    effects: () => (effects ??= readEffects(units, (unit) => nameOf(file.measure, unit), file.language)),
  };
}

/** What a function of the file is called by; empty for one without a name. */
function nameOf({ functions }: FileMeasure, { index }: Unit): string {
  const name = functions[index]?.name ?? "";
  return name.startsWith("<") ? "" : name;
}

function globalFinding(context: FileContext, name: string, piece: Piece): RuleFinding {
  return finding(context, piece, { rule: "p10-6-scope", verdict: "fail", message: `mutable global variable ${name}` });
}

/** Says which function of the measure each unit is; a body belongs to one function alone. */
function numberUnits(units: readonly Unit[], spans: readonly FunctionSpan[]): void {
  const byBody = new Map(spans.map(({ bodyStart, end }, index) => [`${bodyStart}:${end}`, index]));
  for (const unit of units)
    if (unit.parent !== null) unit.index = byBody.get(`${bodyStart(unit.piece)}:${unit.piece.end}`) ?? -1;
}

/** Functions that are no more than their body. */
const BODIES: ReadonlySet<string> = new Set(["StaticBlock", "compound_statement", "block"]);

function bodyStart(piece: Piece): number {
  if (BODIES.has(piece.type)) return piece.start;
  if (piece.type === "static_initializer") return piece.children[0]?.start ?? -1;
  const body = piece.children.find(({ role, type }) => role === "body" || type === "try_statement");
  return body?.start ?? -1;
}
