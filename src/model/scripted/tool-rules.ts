import { extraInputs, firstFault, firstOf, isObject, type Raw, type Rule } from "./rule.js";

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const TOOL_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "cache_control",
  "strict",
  "eager_input_streaming",
  "defer_loading",
  "input_examples",
]);
const CHOICE_FIELDS: Record<string, ReadonlySet<string>> = {
  auto: new Set(["type", "disable_parallel_tool_use"]),
  any: new Set(["type", "disable_parallel_tool_use"]),
  tool: new Set(["type", "name", "disable_parallel_tool_use"]),
  none: new Set(["type"]),
};

function toolsOf(body: Raw): unknown[] {
  return Array.isArray(body["tools"]) ? (body["tools"] as unknown[]) : [];
}

const toolList: Rule<Raw> = (body) => {
  if (body["tools"] === undefined) return undefined;
  if (!Array.isArray(body["tools"])) return "tools: Input should be a valid list";
  return firstOf(toolsOf(body), oneTool);
};

function oneTool(tool: unknown, index: number): string | undefined {
  const at = `tools.${index}.custom`;
  if (!isObject(tool)) return `tools.${index}: Input should be an object`;
  if (typeof tool["name"] !== "string") return `${at}.name: Field required`;
  if (!TOOL_NAME.test(tool["name"])) return `${at}.name: String should match pattern '${TOOL_NAME.source}'`;
  const schema = tool["input_schema"];
  if (!isObject(schema)) return `${at}.input_schema: Field required`;
  if (schema["type"] !== "object") return `${at}.input_schema.type: Input should be 'object'`;
  return extraInputs(tool, TOOL_FIELDS, `${at}.`);
}

const uniqueNames: Rule<Raw> = (body) => {
  const names = toolsOf(body).map((tool) => (isObject(tool) ? tool["name"] : undefined));
  return new Set(names).size === names.length ? undefined : "tools: Tool names must be unique.";
};

const toolChoice: Rule<Raw> = (body) => {
  const choice = body["tool_choice"];
  if (choice === undefined) return undefined;
  const type = isObject(choice) ? choice["type"] : undefined;
  const fields = typeof type === "string" ? CHOICE_FIELDS[type] : undefined;
  if (!isObject(choice) || fields === undefined)
    return "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'";
  if (toolsOf(body).length === 0) return "tool_choice may only be specified while providing tools.";
  return extraInputs(choice, fields, "tool_choice.") ?? namedTool(body, choice);
};

function namedTool(body: Raw, choice: Raw): string | undefined {
  if (choice["type"] !== "tool") return undefined;
  const known = toolsOf(body).some((tool) => isObject(tool) && tool["name"] === choice["name"]);
  return known ? undefined : `Tool '${String(choice["name"])}' not found in provided tools`;
}

/** What the real API would refuse in `tools` and `tool_choice`. */
export function toolFault(body: Raw): string | undefined {
  return firstFault([toolList, uniqueNames, toolChoice], body);
}
