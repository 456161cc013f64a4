import { once } from "node:events";
import type { Io } from "../io.js";

/** Writes to stdout, and waits while nobody takes it. Rejects where the user interrupts meanwhile. */
export async function writeText(text: string, { stdout, signal }: Io): Promise<void> {
  if (!stdout.write(text)) await once(stdout, "drain", { signal });
}
