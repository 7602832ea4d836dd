// Loaded into the model's process (`--import`): counts the requests it is sent and their bytes, told on SIGINT's exit.
import { subscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import process from "node:process";

let [requests, bytes] = [0, 0];
subscribe("http.server.request.start", ({ request }) => {
  requests += 1;
  bytes += Number(request.headers["content-length"] ?? Number.NaN);
});
process.on("exit", () => writeFileSync(process.env.WORKNODE_BENCH_COUNT, JSON.stringify({ requests, bytes })));
