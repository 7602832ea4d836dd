// What a crew really sends its models: a proxy before the scripted model that notes how each conversation begins,
// so that the bare side of a pair can hold the very same ones.
import { mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";

/**
 * Starts the proxy. `write(folder)` leaves one file a conversation there, to be read when it is held, and answers
 * `{shapes, tasks}`: request bodies without their messages (each once), and for each task its conversations in order.
 */
export async function startRehearsal(target) {
  const talks = new Map();
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (part) => parts.push(part));
    req.on("end", () => {
      const body = Buffer.concat(parts);
      note(talks, req.headers, JSON.parse(body.toString("utf8")));
      const onward = http.request(new URL(req.url, target), { method: req.method, headers: req.headers, agent });
      onward.on("response", (from) => {
        res.writeHead(from.statusCode, from.headers);
        from.pipe(res);
      });
      onward.on("error", () => res.destroy());
      onward.end(body);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    write: (folder) => write(talks, folder),
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

/** Keeps the first request of each conversation; the later ones grow out of it by what both sides do alike. */
function note(talks, headers, body) {
  const execution = headers["x-worknode-execution"];
  const id = execution.split(":").slice(0, 4).join(":");
  if (talks.has(id)) return;
  const { messages, ...shape } = body;
  const own = Object.entries(headers).filter(([name]) => name.startsWith("x-worknode-"));
  talks.set(id, { id, task: headers["x-worknode-task"], headers: Object.fromEntries(own), messages, shape });
}

function write(talks, folder) {
  mkdirSync(folder);
  const shapes = [];
  const numbers = new Map();
  const tasks = new Map();
  for (const { id, task, shape, ...talk } of talks.values()) {
    const text = JSON.stringify(shape);
    if (!numbers.has(text)) numbers.set(text, shapes.push(shape) - 1);
    const file = join(folder, `${encodeURIComponent(id)}.json`);
    writeFileSync(file, JSON.stringify({ id, ...talk }));
    const list = tasks.get(task) ?? [];
    list.push({ file, shape: numbers.get(text), work: id.includes(":work:") });
    tasks.set(task, list);
  }
  return { shapes, tasks: [...tasks.values()] };
}
