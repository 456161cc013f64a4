import assert from "node:assert/strict";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import test from "node:test";
import { bind, createClient, createDispatcher, defineService } from "@rpc/core";

interface Files {
  upload(name: string, body: Readable): Promise<void>;
  download(name: string): Readable;
}

const FilesService = defineService<Files>("Files", {
  upload: { stream: "client", streamAs: "readable" }, // its handler declares a Readable
  download: { stream: "server" },
});

test("a file goes up and comes down", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "files-"));
  t.after(() => rm(folder, { recursive: true }));
  const binding = bind(FilesService, {
    upload: (name, body) => pipeline(body, createWriteStream(join(folder, name))),
    download: (name) => createReadStream(join(folder, name)),
  });
  const files = createClient(FilesService, createDispatcher([binding]).invoke);
  const here = new URL(import.meta.url);

  await files.upload("mine", createReadStream(here));

  // A Readable of a result is one line; destroying it cancels the call.
  const readable = Readable.from(files.download("mine"), { objectMode: false });
  await pipeline(readable, createWriteStream(join(folder, "copy")));

  assert.deepEqual(await readFile(join(folder, "copy")), await readFile(here));
});
