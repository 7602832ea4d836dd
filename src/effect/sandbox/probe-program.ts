/**
 * The program the probe runs inside the sandbox: it tries what must work and what must not, and
 * prints what happened as JSON. Constant text; canary, port, forbidden path and marker come as
 * arguments. The verdict is made outside, from what can be seen there.
 */
export const PROBE_PROGRAM = `
const fs = require("node:fs"), net = require("node:net"), child = require("node:child_process");
const [canary, port, forbidden, marker] = process.argv.slice(1);
const said = {};
const attempt = (name, work) => { try { said[name] = work() ?? true; } catch (error) { said[name] = error.code ?? error.message; } };
attempt("write", () => fs.writeFileSync("made", "made"));
attempt("forbidden", () => fs.writeFileSync(forbidden, "escaped"));
attempt("masked", () => fs.readFileSync("masked", "utf8"));
attempt("unlink", () => fs.unlinkSync("removed"));
attempt("rebuild", () => { fs.rmSync("tree", { recursive: true }); fs.mkdirSync("tree"); });
attempt("environ", () => fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))
  .some((id) => { try { return fs.readFileSync("/proc/" + id + "/environ", "latin1").includes(canary); } catch { return false; } }));
attempt("status", () => fs.readFileSync("/proc/self/status", "utf8").split("\\n").filter((line) => /^(Cap|NoNewPrivs)/.test(line)));
attempt("namespace", () => child.spawnSync("unshare", ["--user", "true"]).status);
attempt("umount", () => child.spawnSync("umount", ["/proc"]).status);
attempt("background", () => { child.spawn("sleep", [marker], { detached: true, stdio: "inherit" }).unref(); });
const connect = (to) => new Promise((done) => {
  const socket = net.connect({ host: "127.0.0.1", port: to }, () => { socket.destroy(); done("connected"); });
  socket.on("error", (error) => done(error.code));
});
const server = net.createServer((socket) => socket.destroy()).on("error", (error) => finish(error.code)).listen(0, "127.0.0.1", async () => {
  said.own = await connect(server.address().port);
  finish(await connect(Number(port)));
});
function finish(host) { said.host = host; console.log(JSON.stringify(said)); process.exit(0); }
`;
