import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { serviceFiles } from "./service-files.js";

const example = new URL("../../../../examples/scaffolded/", import.meta.url);

/** What this test reads of a manifest. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly clusterIP?: string;
    readonly selector: Readonly<Record<string, unknown>> & { readonly matchLabels?: object };
    readonly ports: readonly { readonly port: number }[];
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
  };
}
interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsNonRoot: boolean };
  readonly containers: readonly [Container];
  readonly volumes?: readonly { readonly name: string; readonly secret: { readonly secretName: string } }[];
}
interface Container {
  readonly args: readonly string[];
  readonly ports: readonly { readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value?: unknown; readonly valueFrom?: object }[];
  readonly readinessProbe: { readonly exec: { readonly command: readonly string[] } };
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** What this test reads of what `settings` returns. */
interface Settings {
  readonly cluster: string;
  readonly listen: string;
  readonly insecure?: boolean;
  readonly transports?: object;
  readonly serve: { readonly drainMs: number; readonly authenticate?: unknown };
  readonly connect?: { readonly credentials: () => string };
}

async function read(service: string, insecure: boolean): Promise<readonly [Manifest, Manifest]> {
  const files = await serviceFiles({ service, project: "shop", insecure });
  const text = [...files].find(([path]) => path.startsWith("k8s/"))?.[1] ?? "";
  const documents = parseAllDocuments(text);
  assert.deepEqual(
    documents.flatMap((document) => ("errors" in document ? document.errors : [])),
    [],
  );
  const [named, deployment, ...rest] = documents.map(
    (document) => (document as { toJS(): unknown }).toJS() as Manifest,
  );
  assert.deepEqual([named?.kind, deployment?.kind, rest], ["Service", "Deployment", []]);
  return [named!, deployment!];
}

/** The environment of the container, as Kubernetes would make it. */
function environment({ env }: Container): Record<string, string> {
  const given: Record<string, string> = { POD_IP: "10.0.0.7", POD_NAMESPACE: "production", RPC_TOKEN: "t".repeat(32) };
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      if (valueFrom === undefined) assert.equal(typeof value, "string", `${name}: Kubernetes takes text only`);
      return [name, typeof value === "string" ? value : (given[name] ?? "")];
    }),
  );
}

describe("manifests of a scaffolded project", () => {
  let settings: (env: Record<string, string | undefined>) => Settings;
  before(async () => {
    ({ settings } = await import(new URL("dist/settings.js", example).href));
  });

  for (const insecure of [false, true]) {
    test(`say what the code expects${insecure ? ", without encryption" : ""}: ports, environment, names`, async () => {
      const [named, deployment] = await read("Orders", insecure);
      const pod = deployment.spec.template.spec;
      const [container] = pod.containers;
      const env = environment(container);
      const seen = new Set<string>();
      const told = settings(
        new Proxy(env, {
          get: (target, name) => {
            seen.add(String(name));
            return target[String(name)];
          },
        }),
      );
      const alsoRead = insecure ? ["RPC_TLS_FOLDER", "RPC_TOKEN"] : ["RPC_INSECURE"];
      assert.deepEqual([...seen].sort(), [...Object.keys(env), ...alsoRead].sort());

      const scheme = insecure ? "tcp" : "tls";
      const port = container.ports[0]?.containerPort;
      assert.equal(told.listen, `${scheme}://10.0.0.7:${port}`);
      assert.equal(named.spec.ports[0]?.port, port);
      assert.match(readFileSync(new URL("Dockerfile", example), "utf8"), new RegExp(`^EXPOSE ${port}$`, "m"));
      assert.deepEqual([told.insecure, told.serve.authenticate !== undefined], [insecure || undefined, !insecure]);

      if (insecure) return assert.equal(pod.volumes, undefined);
      assert.equal(told.connect?.credentials(), env["RPC_TOKEN"]);
      assert.equal(container.volumeMounts?.[0]?.mountPath, env["RPC_TLS_FOLDER"]);
      assert.equal(container.volumeMounts?.[0]?.name, pod.volumes?.[0]?.name);
      assert.equal(pod.volumes?.[0]?.secret.secretName, `${told.cluster}-tls`);
    });
  }

  test("without its secrets no pod starts, and says what is missing", async () => {
    const env = environment((await read("Orders", false))[1].spec.template.spec.containers[0]);
    for (const name of ["RPC_TLS_FOLDER", "RPC_TOKEN"]) {
      assert.throws(
        () => settings({ ...env, [name]: "" }),
        /RPC_TLS_FOLDER and RPC_TOKEN are missing.*RPC_INSECURE=true/,
      );
    }
    assert.throws(() => settings({ ...env, RPC_TOKEN: undefined, RPC_INSECURE: "1" }), /missing/);
  });

  test("leave the time that it takes to drain, and keep the old pod until its callers know the new one", async () => {
    const pod = (await read("Orders", false))[1].spec.template.spec;
    const [command, seconds] = pod.containers[0].lifecycle.preStop.exec.command;
    assert.equal(command, "sleep");
    assert.ok(Number(seconds) > 30, "answers of DNS may be 30 s old");
    const { drainMs } = settings({}).serve;
    assert.ok(pod.terminationGracePeriodSeconds >= Number(seconds) + drainMs / 1_000 + 5);
  });

  test("start, and probe, what there is", async () => {
    const [, { spec }] = await read("Orders", false);
    const [{ args, readinessProbe }] = spec.template.spec.containers;
    const [node, script, service] = readinessProbe.exec.command;
    assert.deepEqual([node, service, args], ["node", "Orders", ["Orders"]]);
    assert.ok(existsSync(new URL(script!, example)), script);
    assert.match(readFileSync(new URL("src/main.ts", example), "utf8"), /^ {2}Orders,$/m);
    const dockerfile = readFileSync(new URL("Dockerfile", example), "utf8");
    assert.match(dockerfile, /^ENTRYPOINT \["node", "dist\/main\.js"\]$/m); // process 1 is Node, no shell
    assert.match(dockerfile, /^STOPSIGNAL SIGTERM$/m);
    assert.match(dockerfile, /^USER [1-9]\d*$/m);
    assert.equal(spec.template.spec.securityContext.runAsNonRoot, true);
  });

  test("find their own pods by labels, and stay what they are where a name means something to YAML", async () => {
    for (const service of ["Orders", "OrderItems", "Yes", "No", "On", "Null", "True"]) {
      const [named, { metadata, spec }] = await read(service, false);
      const { labels } = spec.template.metadata;
      assert.deepEqual(
        [named.spec.clusterIP, named.metadata.name, metadata.name],
        ["None", ...Array(2).fill(service.toLowerCase())],
      );
      assert.deepEqual([named.spec.selector, spec.selector.matchLabels], [labels, labels]);
      assert.deepEqual(spec.template.spec.containers[0].args, [service]);
    }
  });
});
