import { type BuiltReply, type StreamEvent, streamOf, wireForm } from "./reply.js";
import type { ScriptedFault } from "./script.js";

type Variant = Extract<ScriptedFault, { type: "garbage" }>["variant"];

/** A body that breaks the protocol in one named way. */
export function garbageOf(variant: Variant, reply: BuiltReply): { contentType: string; body: string } {
  if (variant === "html") return { contentType: "text/html", body: "<html><body>502 but they said 200</body></html>" };
  const events = streamOf(reply);
  return {
    contentType: "text/event-stream",
    body: variant === "json" ? brokenJson(events) : brokenEvents(variant, events),
  };
}

function brokenJson(events: readonly StreamEvent[]): string {
  return `${wireForm(events[0] ?? { type: "ping" })}event: content_block_start\ndata: {"type":"content_block_start","ind\n\n`;
}

function brokenEvents(variant: Exclude<Variant, "json" | "html">, events: readonly StreamEvent[]): string {
  const changed: Record<typeof variant, (event: StreamEvent) => StreamEvent[]> = {
    order: (event) => (event.type === "content_block_start" ? [] : [event]),
    fields: (event) =>
      event.type === "message_start" ? [{ type: "message_start", message: { role: "assistant" } }] : [event],
    usage: (event) => (event.type === "message_delta" ? [{ ...event, usage: { output_tokens: "many" } }] : [event]),
    types: (event) => (event.type === "content_block_delta" ? [{ ...event, delta: 7 }] : [event]),
    tool_json: (event) => (event.type === "content_block_stop" ? brokenTool(event) : [event]),
  };
  return events.flatMap(changed[variant]).map(wireForm).join("");
}

/** A tool call whose input is no JSON, although the reply claims to be whole. */
function brokenTool(stop: StreamEvent): StreamEvent[] {
  const delta = { type: "input_json_delta", partial_json: '{"file_path": ' };
  return [{ type: "content_block_delta", index: stop["index"], delta }, stop];
}
