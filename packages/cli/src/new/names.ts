import { builtinModules } from "node:module";
import { CliError } from "../cli-error.js";

/** What the services of a project may not be called: classes that their files use, or could hardly do without. */
const takenByCode = new Set(
  "Array Boolean Buffer Client Date Error Function InjectClient Map Method Number Object Promise Reflect RpcError Service Set String Symbol".split(
    " ",
  ),
);
const longest = 40;

/**
 * Throws a `CliError` that says why this cannot be the name of a project. It becomes that of the npm package, where a scope may
 * precede it, and without the scope of the folder, the image, the secrets and the certificate.
 */
export function checkProjectName(name: string): void {
  const bare = unscoped(name);
  const wrong =
    name === ""
      ? "it is empty"
      : !/^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[^/]*$/.test(name)
        ? "a scope is written as in @acme/shop"
        : bare.length > longest
          ? `it has ${bare.length} characters, and ${longest} are the most`
          : /[A-Z]/.test(bare)
            ? "npm takes no capitals in it"
            : !/^[a-z][a-z0-9-]*$/.test(bare) || bare.endsWith("-")
              ? "npm, Docker and Kubernetes take lower-case letters, digits and hyphens, a letter first and no hyphen last"
              : bare === name && (bare === "typescript" || builtinModules.includes(bare))
                ? "a package of that name is used by the project itself"
                : undefined;
  if (wrong !== undefined) throw new CliError(`${JSON.stringify(name)} cannot be the name of a project: ${wrong}`);
}

/** Returns a package's name without its scope. */
export function unscoped(name: string): string {
  return name.replace(/^@[^/]*\//, "");
}

/** Throws a `CliError` that says why this cannot be the name of a service, which is also the name of its class. */
export function checkServiceName(name: string): void {
  const wrong = !/^[A-Za-z0-9]+$/.test(name)
    ? "it is also the name of a class: letters and digits"
    : !/^[A-Z]/.test(name)
      ? `classes begin with a capital${/^[a-z]/.test(name) ? `: ${name[0]?.toUpperCase()}${name.slice(1)}` : ""}`
      : name.length > longest
        ? `it has ${name.length} characters, and ${longest} are the most`
        : takenByCode.has(name) || name.endsWith("Service")
          ? name.endsWith("Service") && name !== "Service"
            ? `the descriptor of its client would be ${name}Service: leave the word out`
            : "its code uses something of that name"
          : undefined;
  if (wrong !== undefined) throw new CliError(`${JSON.stringify(name)} cannot be the name of a service: ${wrong}`);
}

/** Returns the name of a service's files, as `rpc generate` makes that of its client: `OrderItems` is `order-items`. */
export function fileNameOf(service: string): string {
  return service.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
}

/** Returns the name that a service has in DNS, as `@rpc/registry-dns` makes it: `OrderItems` is `orderitems`. */
export function labelOf(service: string): string {
  return service.toLowerCase();
}
