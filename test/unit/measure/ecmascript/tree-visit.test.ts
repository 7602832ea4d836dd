import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";

const require = createRequire(import.meta.url);
const partOf = (name: string): string => readFileSync(require.resolve(`oxc-parser/src-js/generated/${name}`), "utf8");

/** For each kind of node what a file of the parser does with it: `Kind@offset` of all it goes on to. */
function goesOnTo(text: string, verb: string): Map<string, Set<string>> {
  const functions = text.split(/\n(?=(?:export )?function )/).flatMap((body) => {
    const name = new RegExp(`^(?:export )?function ${verb}(\\w+)\\(`).exec(body)?.[1];
    if (name === undefined) return [];
    const calls = body
      .slice(body.indexOf("{"))
      .matchAll(new RegExp(`\\b${verb}([A-Z]\\w+)\\(\\s*pos(?: \\+ (\\d+))?`, "g"));
    return [[name, new Set([...calls].map(([, kind, offset = "0"]) => `${kind}@${offset}`))] as const];
  });
  return new Map(functions);
}

/** What of a tree is no text, number or mark: words for how a thing is written. */
const VALUE =
  /^(?:I32|U8|F64|Bool|Str|JSStr|OptionStr|RegExp|TemplateElementValue|\w*(?:Kind|Operator|Type|Accessibility|Phase))@/;

test("the parser's walk passes over nothing but what a look doubts, and types", () => {
  const read = goesOnTo(partOf("deserialize/ts.js"), "deserialize");
  const walked = goesOnTo(partOf("lazy/walk.js"), "walk");
  const passedOver = [...read].flatMap(([kind, members]) =>
    [...members]
      .filter((member) => walked.has(kind) && !walked.get(kind)?.has(member) && !VALUE.test(member))
      .map((member) => `${kind} ${member.replace(/@\d+$/, "")}`),
  );
  expect(walked.size).toBeGreaterThan(400);
  expect(passedOver.toSorted()).toEqual([
    "ArrayAssignmentTarget OptionBoxAssignmentTargetRest",
    "ArrayPattern OptionBoxBindingRestElement",
    "CatchParameter OptionBoxTSTypeAnnotation",
    "Class OptionBoxTSTypeParameterInstantiation",
    "Class OptionExpression",
    "FormalParameters BindingPattern",
    "FormalParameters OptionBoxTSTypeAnnotation",
    "FormalParameters VecDecorator",
    "Function OptionBoxTSThisParameter",
    "FunctionBody VecDirective",
    "ObjectAssignmentTarget OptionBoxAssignmentTargetRest",
    "ObjectPattern OptionBoxBindingRestElement",
    "Program VecDirective",
    "TSCallSignatureDeclaration OptionBoxTSThisParameter",
    "TSFunctionType OptionBoxTSThisParameter",
    "TSMethodSignature OptionBoxTSThisParameter",
    "TSModuleBlock VecDirective",
    "VariableDeclarator OptionBoxTSTypeAnnotation",
  ]);
});
