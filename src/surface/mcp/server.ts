import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { Outside, OutsideHandler } from "../../crew/service/outside.js";
import { messageOf } from "../../kernel/fault.js";
import type { ToolName } from "../../schema/tool.js";
import type { Store } from "../../store/store.js";
import { PROMPTS, promptText } from "./prompts.js";
import { RESOURCES, readResource, watchResources } from "./resources.js";
import { describeTools } from "./tools.js";

const INSTRUCTIONS = `worknode remembers this repository's work: decisions, errors and their fixes, notes, tasks, and where the work stands.
Call \`continue\` first: it says what to resume and what is known. Record decisions when you make them, search issues when an
error appears and record what got rid of it, and claim the task you work on. Approving, rejecting and budgets are a person's:
\`worknode approve\` on their own terminal.`;

/** What a server serves. */
export interface McpPlace {
  readonly store: Store;
  readonly outside: Outside;
  readonly handlers: Readonly<Partial<Record<ToolName, OutsideHandler>>>;
  readonly version: string;
}

/** The MCP server over one project: every call goes through the gate. Connect it to a transport; close it at the end. */
export function createMcpServer(place: McpPlace): Server {
  const capabilities = { tools: {}, resources: { subscribe: true }, prompts: {} };
  const server = new Server({ name: "worknode", version: place.version }, { capabilities, instructions: INSTRUCTIONS });
  serveTools(server, place);
  serveResources(server, place.store);
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: [...PROMPTS] }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const text = promptText(place.store, params.name);
    return { messages: [{ role: "user", content: { type: "text", text } }] };
  });
  return server;
}

function serveTools(server: Server, { outside, handlers }: McpPlace): void {
  const tools = describeTools(Object.keys(handlers) as ToolName[]);
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const handler = Object.hasOwn(handlers, params.name) ? handlers[params.name as ToolName] : undefined;
    const { content, isError, value } = await outside.call(params.name, params.arguments ?? {}, handler);
    const said = { content: [{ type: "text" as const, text: content }], isError };
    return value === undefined ? said : { ...said, structuredContent: value };
  });
}

function serveResources(server: Server, store: Store): void {
  const watched = new Set<string>();
  const stop = watchResources(store, watched, (uri) => {
    server.sendResourceUpdated({ uri }).catch((thrown: unknown) => {
      process.stderr.write(`worknode mcp: an update could not be sent: ${messageOf(thrown)}\n`);
    });
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...RESOURCES] }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({
    contents: [readResource(store, params.uri)],
  }));
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    readResource(store, params.uri);
    watched.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    watched.delete(params.uri);
    return {};
  });
  server.onclose = stop;
}
