import { ForksPoolWorker, type PoolOptions, type PoolWorker, type WorkerRequest } from "vitest/node";

/** Files that one process runs before another takes over: fewer start more processes, more make each larger to copy. */
const MAX_FILES = 5;
const NAME = "few-files";

/** A worker of the runner's own that is given a few files and no more. */
function createPoolWorker(options: PoolOptions): PoolWorker {
  const worker = new ForksPoolWorker(options);
  const send = worker.send.bind(worker);
  let given = 0;
  return Object.assign(worker, {
    name: NAME,
    send: (message: WorkerRequest) => {
      if (message.type === "run") given += message.context.files.length;
      send(message);
    },
    canReuse: () => given < MAX_FILES,
  });
}

/** A pool of processes that each run a few files, one after another, and share what these import. */
export const fewFilesPool = { name: NAME, createPoolWorker };
