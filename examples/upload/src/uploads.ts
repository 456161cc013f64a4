import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Method, Service } from "@rpc/decorators";

export interface Receipt {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

const folder = join(tmpdir(), "rpc-uploads");

@Service("Uploads")
export class Uploads {
  /** Keeps a file. A caller that goes away in the midst of it leaves nothing behind. */
  @Method({ stream: "client" })
  async upload(name: string, body: Readable): Promise<Receipt> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, randomUUID()); // never a name that a caller chose
    const hash = createHash("sha256");
    let bytes = 0;
    async function* counted(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    }
    try {
      await pipeline(body, counted, createWriteStream(path));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    console.log(`kept ${bytes} bytes as ${path}`);
    return { name, bytes, sha256: hash.digest("hex") };
  }
}
