import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CliError } from "../cli-error.js";
import type { Io } from "../io.js";
import { forms, type RegistryUrl } from "./registry-url.js";

/** The package of a registry, the function in it that makes one, and what it is to be given. */
export interface RegistryRecipe {
  readonly module: string;
  readonly factory: string;
  readonly options: object;
}

/** Returns how the registry of a URL is made. Rejects with a `CliError` where a part of it cannot be. */
export async function recipeOf(url: RegistryUrl, cluster: string | undefined, io: Io): Promise<RegistryRecipe> {
  const { scheme, hosts, path, query, user } = url;
  const ofCluster = { cluster: query.get("cluster") ?? cluster };
  const prefixed = { prefix: path === "" ? undefined : path, ...ofCluster };
  switch (scheme) {
    case "file":
      return made("file", { directory: path === "" ? undefined : resolve(io.cwd, path), ...ofCluster });
    case "etcd":
    case "etcds": {
      const secure = scheme === "etcds";
      const all = hosts.map((host) => `${secure ? "https" : "http"}://${withPort(host, 2_379)}`);
      const tls = secure ? { tls: await tlsOf(url, io) } : {};
      return made("etcd", { hosts: all.length > 0 ? all : undefined, credentials: user, ...tls, ...prefixed });
    }
    case "redis":
    case "rediss": {
      const database = query.get("database");
      return made("redis", {
        url: `${scheme}://${only(url, 6_379)}`,
        username: user?.username,
        password: user?.password,
        database: database === null ? undefined : Number(database),
        ...prefixed,
      });
    }
    case "zookeeper": {
      const all = hosts.map((host) => withPort(host, 2_181));
      return made("zookeeper", { hosts: all.length > 0 ? all : undefined, credentials: user, ...prefixed });
    }
    case "consul":
    case "consuls": {
      const at = `${scheme === "consul" ? "http" : "https"}://${only(url, 8_500)}`;
      return made("consul", { url: at, token: io.env["CONSUL_HTTP_TOKEN"], ...ofCluster });
    }
    case "dns":
      if (path === "") throw new CliError(`--registry: DNS wants the name of a service's instances: ${forms["dns"]}`);
      return made("dns", {
        name: path,
        servers: hosts.length > 0 ? hosts : undefined,
        services: query.get("services")?.split(","),
        scheme: query.get("scheme") ?? undefined,
      });
    default: {
      const port = query.get("port");
      return made("mdns", {
        interface: query.get("interface") ?? undefined,
        port: port === null ? undefined : Number(port),
        ...ofCluster,
      });
    }
  }
}

/** An option that is undefined counts as left out. */
function made(kind: string, options: object): RegistryRecipe {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { module: `@rpc/registry-${kind}`, factory: `${kind}Registry`, options: Object.fromEntries(given) };
}

function withPort(host: string, port: number): string {
  return /:\d+$/.test(host) ? host : `${host}:${port}`;
}

function only({ hosts, shown, scheme }: RegistryUrl, port: number): string {
  if (hosts.length > 1)
    throw new CliError(`--registry: ${shown} names several hosts: ${forms[scheme.replace(/s$/, "")]}`);
  return withPort(hosts[0] ?? "127.0.0.1", port);
}

async function tlsOf({ query }: RegistryUrl, io: Io): Promise<object | undefined> {
  if (!query.has("ca")) return undefined;
  const files = ["ca", "cert", "key"].filter((name) => query.has(name));
  const pem = await Promise.all(files.map((name) => readPem(`--registry: ${name}`, query.get(name)!, io)));
  return Object.fromEntries(files.map((name, index) => [name, pem[index]]));
}

/** Reads a PEM file that an option names. Rejects with a `CliError` that names both. */
export async function readPem(option: string, file: string, io: Io): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), "utf8");
  } catch (cause) {
    throw new CliError(`${option}: ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, 2, { cause });
  }
}
