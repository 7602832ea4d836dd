import type { ToolDefinition, ToolResultBlock } from "../../schema/message.js";
import { answerLine, type RpcMessage } from "./lines.js";

/** Name of worknode's tools inside Claude Code: it puts this before each. */
export const SERVER = "worknode";
const PREFIX = `mcp__${SERVER}__`;
/** JSON-RPC: there is no such method. */
const NO_METHOD = -32_601;

/** A tool's own name, where Claude Code put the server's before it. */
export function ownName(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** Whether Claude Code asks us to carry out a call; any other it answers itself. */
export function isOurs(name: string): boolean {
  return name.startsWith(PREFIX);
}

interface Waiting {
  readonly requestId: string;
  readonly id: string | number;
}

/** The MCP side of a session: tools are listed, and a call is answered once, with the result recorded for it, never before. */
export interface ToolServer {
  /** Answers a message, or keeps a call until its result is there. A string says why it cannot be understood. */
  take(requestId: string, message: RpcMessage): string | undefined;
  /** Results of calls, by the model's own ids; those waited for are answered now. */
  give(results: readonly ToolResultBlock[]): void;
}

/** Opens the server over `send`, which writes one line to Claude Code. */
export function openToolServer(tools: readonly ToolDefinition[], send: (line: string) => void): ToolServer {
  const waiting = new Map<string, Waiting>();
  const known = new Map<string, ToolResultBlock>();

  function answer({ requestId, id }: Waiting, { content, is_error }: ToolResultBlock): void {
    const result = { content: [{ type: "text", text: content }], isError: is_error === true };
    send(answerLine(requestId, { response: { mcp_response: { jsonrpc: "2.0", id, result } } }));
  }

  return {
    take(requestId, message) {
      const { id, method } = message;
      if (method !== "tools/call" || id === undefined) {
        send(answerLine(requestId, { response: { mcp_response: plainAnswer(message, tools) } }));
        return undefined;
      }
      const use = callId(message);
      if (use === undefined) return "a tool call does not say which call of the model it is";
      const result = known.get(use);
      known.delete(use);
      if (result === undefined) waiting.set(use, { requestId, id });
      else answer({ requestId, id }, result);
      return undefined;
    },
    give(results) {
      for (const result of results) {
        const asked = waiting.get(result.tool_use_id);
        waiting.delete(result.tool_use_id);
        if (asked === undefined) known.set(result.tool_use_id, result);
        else answer(asked, result);
      }
    },
  };
}

function callId({ params }: RpcMessage): string | undefined {
  const meta = params?.["_meta"];
  const id = typeof meta === "object" && meta !== null ? (meta as Record<string, unknown>) : {};
  const use = id["claudecode/toolUseId"];
  return typeof use === "string" ? use : undefined;
}

function plainAnswer({ id = 0, method, params }: RpcMessage, tools: readonly ToolDefinition[]): object {
  const answers: Readonly<Record<string, object>> = {
    initialize: {
      protocolVersion: params?.["protocolVersion"],
      capabilities: { tools: {} },
      serverInfo: { name: SERVER, version: "1" },
    },
    "notifications/initialized": {},
    ping: {},
    "tools/list": {
      tools: tools.map(({ name, description, input_schema }) => ({ name, description, inputSchema: input_schema })),
    },
  };
  const result = Object.hasOwn(answers, method) ? answers[method] : undefined;
  if (result !== undefined) return { jsonrpc: "2.0", id, result };
  return { jsonrpc: "2.0", id, error: { code: NO_METHOD, message: `there is no method ${method}` } };
}
