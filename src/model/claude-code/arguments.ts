import type { ModelRequest } from "../request.js";
import { SERVER } from "./tool-server.js";

/** The hardened way: none of its own tools, settings, servers or commands, and nobody to ask. */
const FLAGS = [
  "-p",
  "--input-format",
  "stream-json",
  "--output-format",
  "stream-json",
  "--verbose",
  "--include-partial-messages",
  "--setting-sources",
  "",
  "--strict-mcp-config",
  "--tools",
  "",
  "--disable-slash-commands",
  "--permission-mode",
  "dontAsk",
  "--allowedTools",
  `mcp__${SERVER}`,
  "--mcp-config",
  JSON.stringify({ mcpServers: { [SERVER]: { type: "sdk", name: SERVER } } }),
];

/** How the program is started for a request, but for its session. */
export function argumentsFor({ model, system }: Pick<ModelRequest, "model" | "system">): string[] {
  return [...FLAGS, "--model", model, `--system-prompt=${system}`];
}

/** Its environment: `env`, and what the request asks for that has no argument. */
export function environmentFor(
  { maxTokens }: Pick<ModelRequest, "maxTokens">,
  given: { env: Readonly<Record<string, string>>; headers: Readonly<Record<string, string>> },
): Record<string, string> {
  const headers = Object.entries(given.headers).map(([name, value]) => `${name}: ${value}`);
  return {
    ...given.env,
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(maxTokens),
    ANTHROPIC_CUSTOM_HEADERS: headers.join("\n"),
  };
}
