import { chmodSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { storeFault } from "../../../src/store/faults.js";
import { createStore, openStore } from "../../../src/store/store.js";
import { openToWrite } from "../../../src/store/writer.js";
import { event, temporaryFolder, temporaryStore } from "./sample-events.js";

const root = process.getuid?.() === 0;

/** Runs as a user who may not write everywhere: root becomes `nobody` for a while. */
function unprivileged<T>(work: () => T): T {
  if (!root) return work();
  process.seteuid?.(65_534);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

function big(text: string) {
  return event("ALERT", { severity: "info", message: text, to: "executive" });
}

describe("a connection", () => {
  it("has the settings that durability needs", () => {
    const db = openToWrite(join(temporaryFolder(), "w.db"));
    const pragma = (name: string) => db.database.pragma(name, { simple: true });
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("foreign_keys")).toBe(1);
    expect(pragma("busy_timeout")).toBe(10_000);
    db.database.close();
  });

  it("gives a clean fault on a read-only folder", () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o555);
    const open = () => unprivileged(() => openStore(join(folder, ".worknode", "worknode.db")));
    expect(open).toThrowError(expect.objectContaining({ code: "STORE_READONLY", exitCode: 2 }));
    expect(open).toThrowError(/Make it and its directory readable and writable/);
    chmodSync(folder, 0o755);
  });

  it("gives a clean fault on a full disk and loses nothing recorded before", () => {
    const db = openToWrite(join(temporaryFolder(), "w.db"));
    const store = createStore(db);
    store.append([big("before")]);
    const pages = db.database.pragma("page_count", { simple: true }) as number;
    db.database.pragma(`max_page_count = ${pages}`);
    const fill = () => {
      for (let index = 0; index < 100; index += 1) store.append([big(`${index} `.repeat(400))]);
    };
    expect(fill).toThrowError(expect.objectContaining({ code: "STORE_FULL" }));
    expect(store.verify().ok).toBe(true);
    db.database.pragma("max_page_count = 100000");
    const { seq } = store.append([big("after")])[0] ?? { seq: 0 };
    expect(store.verify()).toEqual({ ok: true, events: seq });
    expect(store.rebuild().equal).toBe(true);
    store.close();
  });

  it("gives a clean fault on a damaged page, on opening or on reading", () => {
    const store = temporaryStore();
    for (let index = 0; index < 50; index += 1) store.append([big(`${index} `.repeat(300))]);
    store.close();
    const size = 40 * 8_192;
    truncateSync(store.path, size);
    writeFileSync(store.path, Buffer.alloc(size - 8_192, 0xee), { flag: "r+" });
    expect(() => openStore(store.path).events({})).toThrowError(
      expect.objectContaining({ code: "STORE_CORRUPT", exitCode: 2 }),
    );
  });

  it("waits for a writer, then says that it is busy", () => {
    const store = temporaryStore();
    const other = openToWrite(store.path);
    other.database.pragma("busy_timeout = 20");
    const slow = createStore(other);
    store.transaction(() => {
      store.append([big("first")]);
      expect(() => slow.append([big("second")])).toThrowError(
        expect.objectContaining({ code: "STORE_BUSY", retry: "transient" }),
      );
    });
    expect(slow.append([big("second")])[0]?.seq).toBe(2);
    slow.close();
  });

  it("refuses to prepare statements without end", () => {
    const db = openToWrite(join(temporaryFolder(), "w.db"));
    const prepare = () => {
      for (let index = 0; index < 2_000; index += 1) db.get(`SELECT ${index}`);
    };
    expect(prepare).toThrowError(/too many different SQL statements/);
    db.database.close();
  });
});

describe("faults of the store", () => {
  it.each([
    ["SQLITE_FULL", "STORE_FULL", 1],
    ["ENOSPC", "STORE_FULL", 1],
    ["SQLITE_IOERR_SHMSIZE", "STORE_FULL", 1],
    ["SQLITE_IOERR_WRITE", "STORE_IO", 1],
    ["SQLITE_BUSY_SNAPSHOT", "STORE_BUSY", 1],
    ["SQLITE_CANTOPEN", "STORE_READONLY", 2],
    ["EROFS", "STORE_READONLY", 2],
    ["SQLITE_CORRUPT_VTAB", "STORE_CORRUPT", 2],
  ])("%s becomes %s", (code, expected, exitCode) => {
    const fault = storeFault("/x/worknode.db", Object.assign(new Error("boom"), { code }));
    expect(fault).toMatchObject({ code: expected, exitCode });
    expect((fault as Error).message).toContain("/x/worknode.db");
  });

  const LOADING: [string, Error & { code?: string }][] = [
    [
      "built for another Node",
      Object.assign(new Error("was compiled against a different Node.js version using\nNODE_MODULE_VERSION 115."), {
        code: "ERR_DLOPEN_FAILED",
      }),
    ],
    ["cut off", Object.assign(new Error("file too short"), { code: "ERR_DLOPEN_FAILED" })],
    ["tried a second time", new Error("Module did not self-register: '/x/better_sqlite3.node'.")],
    ["never built", new Error("Could not locate the bindings file. Tried:\n → /x/build/better_sqlite3.node")],
  ];
  it.each(LOADING)("tell of a driver that is %s, and how to mend it", (_, error) => {
    const fault = storeFault("/x/worknode.db", error) as Error;
    expect(fault).toMatchObject({ code: "DRIVER_UNFIT", exitCode: 2, cause: error });
    expect(fault.message).toContain("npm rebuild better-sqlite3");
    expect(fault.message).toContain(error.message.slice(-20));
    expect(fault.message).not.toContain("\n");
  });

  it("leave everything else as it is", () => {
    const error = new TypeError("not ours");
    expect(storeFault("/x", error)).toBe(error);
    expect(storeFault("/x", "text")).toBe("text");
  });
});
