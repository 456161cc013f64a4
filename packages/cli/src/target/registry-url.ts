import { CliError } from "../cli-error.js";

/** A registry as its URL names it. */
export interface RegistryUrl {
  /** Such as `etcd` and `file`. */
  readonly scheme: string;
  readonly user: { readonly username: string; readonly password: string } | undefined;
  /** `host:port` each. */
  readonly hosts: readonly string[];
  /** Behind the hosts, without the slash; of `file:` all of it. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As it was given, without what is secret, for messages. */
  readonly shown: string;
}

/** What each scheme looks like, for messages. */
export const forms: Readonly<Record<string, string>> = {
  file: "file:[directory][?cluster=name]",
  etcd: "etcd://[user:password@]host:2379[,host:2379][/prefix][?cluster=name]; etcds:// with TLS, ?ca=&cert=&key= files",
  redis: "redis://[user:password@]host:6379[/prefix][?cluster=name&database=0]; rediss:// with TLS",
  zookeeper: "zookeeper://[user:password@]host:2181[,host:2181][/prefix][?cluster=name]",
  consul: "consul://host:8500[?cluster=name], its token in $CONSUL_HTTP_TOKEN; consuls:// with TLS",
  dns: "dns://[server[:53]]/{service}.example.org:7000[?services=Orders,Stock&scheme=tcp]",
  mdns: "mdns://[?cluster=name&interface=192.168.1.7&port=5353]",
};

/** Reads the URL of a registry. Throws a `CliError` that says what it should look like. */
export function registryUrl(text: string): RegistryUrl {
  const match = /^([a-z]+):(\/\/(?:([^/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/.exec(text);
  const [, scheme = "", slashes, userinfo, authority = "", path = "", query = ""] = match ?? [];
  const form = forms[scheme === "rediss" ? "redis" : scheme.replace(/(?<=^(?:etcd|consul))s$/, "")];
  if (form === undefined)
    throw new CliError(
      `--registry: ${withoutSecrets(text)} is no registry. It can be\n  ${Object.values(forms).join("\n  ")}`,
    );
  // What follows would be taken for a path, and the hosts for those of the default.
  if (slashes === undefined && scheme !== "file")
    throw new CliError(`--registry: ${withoutSecrets(text)} lacks the // behind ${scheme}: it is ${form}`);
  const [, username, password = ""] = /^([^:]*)(?::(.*))?$/.exec(userinfo ?? "") ?? [];
  const user =
    username === undefined || username === ""
      ? undefined
      : { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  const parameters = new URLSearchParams(query);
  const known = [...form.matchAll(/(?<=[?&])\w+/g)].map(([name]) => name);
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new CliError(`--registry: nothing is called "${unknown}" there: ${form}`);
  return {
    scheme,
    user,
    hosts: authority === "" ? [] : authority.split(","),
    path: scheme === "file" ? path : path.replace(/^\//, ""),
    query: parameters,
    shown: withoutSecrets(text),
  };
}

function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, "//");
}
