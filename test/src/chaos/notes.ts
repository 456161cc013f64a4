import { openSync, readFileSync, writeSync } from "node:fs";

const callBytes = 4;

/** Returns what writes the number of a call into a file before it returns: what is there, ran, though the process is killed the next moment. */
export function openNotes(file: string): (call: number) => void {
  const descriptor = openSync(file, "a");
  const bytes = Buffer.alloc(callBytes);
  return (call) => {
    bytes.writeUInt32LE(call);
    writeSync(descriptor, bytes);
  };
}

/** Returns the numbers that were written into a file, in their order. */
export function readNotes(file: string): readonly number[] {
  const bytes = readFileSync(file);
  return Array.from({ length: bytes.length / callBytes }, (_, note) => bytes.readUInt32LE(note * callBytes));
}
