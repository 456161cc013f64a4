import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Client } from "@rpc/core";
import { createApp, InjectClient } from "@rpc/decorators";
import { injectable } from "inversify";
import { progress } from "./progress.js";
import { type Receipt, Uploads } from "./uploads.js";

@injectable()
class Sender {
  constructor(@InjectClient(Uploads) private readonly uploads: Client<Uploads>) {}

  async send(path: string): Promise<Receipt> {
    const { size } = await stat(path);
    return this.uploads.upload(basename(path), progress(createReadStream(path), size));
  }
}

const path = process.argv[2];
if (path === undefined) throw new Error("which file? node examples/upload/dist/client.js FILE");
const app = await createApp({ clients: [Sender] });
const { name, bytes, sha256 } = await app.get(Sender).send(path);
console.log(`${name}: ${bytes} bytes arrived, sha256 ${sha256}`);
await app.stop();
