import { request } from "node:http";
import type { HookAddress } from "../../crew/hook/server.js";
import { Fault } from "../../kernel/fault.js";

/** Longest answer (bytes): a command's outputs, escaped. */
const MAX_REPLY_BYTES = 256 * 1024 * 1024;

/**
 * Asks the resident process. Throws Fault HOOK_DOWN where it does not answer, HOOK_REFUSED where it refuses to or the
 * answer is not a whole one by it.
 */
export function askResident(address: HookAddress, path: "/hook" | "/run", body: string): Promise<string> {
  const { port, token, answer } = address;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return new Promise((done, fail) => {
    const refused = (why: string): void =>
      fail(new Fault("HOOK_REFUSED", `worknode's hooks: ${why}.`, { exitCode: 2 }));
    const call = request({ host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_REPLY_BYTES) call.destroy(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      response.on("error", (cause) => refused(`the answer was cut short (${cause.message})`));
      response.on("end", () => {
        const { statusCode, headers: said } = response;
        if (statusCode !== 200) return refused(`it was refused (${statusCode})`);
        if (said["x-worknode-answer"] !== answer) return refused("the answer is somebody else's");
        return done(Buffer.concat(chunks).toString("utf8"));
      });
    });
    call.on("error", (cause) => {
      const message = `the resident process does not answer at 127.0.0.1:${port} (${cause.message}). Start it: worknode hook start`;
      fail(new Fault("HOOK_DOWN", message, { exitCode: 2, cause }));
    });
    call.end(body);
  });
}
