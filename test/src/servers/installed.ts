import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Returns why the tests of a server are skipped, in words for the report; false where its program is there. */
export function missing(program: string, debianPackage: string): string | false {
  if (installed(program)) return false;
  return `${program} is not installed; where npm test runs as root on Debian it installs ${debianPackage}`;
}

function installed(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
