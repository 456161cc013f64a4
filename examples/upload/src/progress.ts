const width = 40;

/** Passes bytes on, and draws how far they have come: as the server takes them, since it asks for no more than it can hold. */
export async function* progress(bytes: AsyncIterable<Buffer>, totalBytes: number): AsyncIterable<Buffer> {
  let sent = 0;
  let drawn = -1;
  for await (const chunk of bytes) {
    yield chunk;
    sent += chunk.length;
    const percent = Math.floor((sent * 100) / totalBytes);
    if (percent === drawn) continue;
    drawn = percent;
    const bar = "#".repeat(Math.round((percent * width) / 100)).padEnd(width, ".");
    process.stdout.write(`${process.stdout.isTTY ? "\r" : ""}[${bar}] ${percent} %${process.stdout.isTTY ? "" : "\n"}`);
  }
  if (process.stdout.isTTY) process.stdout.write("\n");
}
