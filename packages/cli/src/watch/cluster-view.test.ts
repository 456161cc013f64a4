import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bind, defineService, type Endpoint, type ReflectedInstance, type ServerStats, serve } from "@rpc/core";
import { ClusterView, type Happening, placeOf } from "./cluster-view.js";
import { jsonOf, lineOf } from "./lines.js";
import { drawn } from "./screen.js";

const endpoint = (id: string, more: Partial<Endpoint> = {}): Endpoint => ({
  id,
  address: `tcp://10.0.0.${id.length}:7000`,
  weight: 1,
  tags: {},
  inactive: false,
  ...more,
});

const instance = (id: string): ReflectedInstance => ({
  id,
  cluster: "",
  versions: { node: "20", rpc: "0" },
  uptimeMs: 90_000,
  state: "serving",
});

/** The stats of a real server that nobody has called, as after so many ms. */
async function statsAfter(...sinceMs: number[]): Promise<ServerStats[]> {
  const Orders = defineService<{ place(): void }>("Orders", { place: {} });
  const server = await serve({ services: [bind(Orders, { place() {} })] });
  const stats = server.stats();
  await server.close();
  return sinceMs.map((ms) => ({ ...stats, sinceMs: ms }));
}

function watched() {
  const told: Happening[] = [];
  const view = new ClusterView((happening) => told.push(happening));
  return {
    view,
    kinds: () =>
      told.splice(0).map((each) => (each.kind === "registry" ? each.kind : `${each.kind} ${each.row.instance}`)),
  };
}

describe("what rpc watch knows of a cluster", () => {
  test("instances come, change, go, and are shown for five seconds after they have gone", async () => {
    const { view, kinds } = watched();
    view.list("Orders", [endpoint("a"), endpoint("bb")], 0);
    view.list("Orders", [endpoint("a"), endpoint("bb", { weight: 2 })], 0);
    assert.deepEqual(kinds(), ["came a", "came bb", "changed bb"]);
    view.list("Orders", [endpoint("a")], 1_000);
    view.list("Orders", [endpoint("a")], 2_000);
    assert.deepEqual(kinds(), ["gone bb"]);
    assert.deepEqual(
      view.rows(6_000).map(({ state }) => state),
      ["asking", "gone"],
    );
    assert.equal(view.rows(6_001).length, 1);
    assert.deepEqual([...view.listed().keys()], [placeOf(endpoint("a"))]);
  });

  test("one that cannot be reached says why, once, and is well again when it answers twice", async () => {
    const { view, kinds } = watched();
    view.list("Orders", [endpoint("a")], 0);
    const place = placeOf(endpoint("a"));
    for (let times = 0; times < 3; times++)
      view.answered(place, { kind: "unreachable", reason: "nobody listens there" });
    assert.deepEqual(kinds(), ["came a", "unreachable a"]);
    const [first, second] = await statsAfter(1_000, 2_000);
    view.answered(place, { kind: "figures", instance: instance("a"), stats: first! });
    assert.deepEqual([kinds(), view.rows(0)[0]?.rates], [[], undefined]);
    view.answered(place, { kind: "figures", instance: instance("a"), stats: second! });
    assert.deepEqual([kinds(), view.rows(0)[0]?.rates?.callsPerSecond], [["figures a"], 0]);
  });

  test("an answer that comes when the instance has left changes nothing", () => {
    const { view, kinds } = watched();
    view.list("Orders", [endpoint("a")], 0);
    view.list("Orders", [], 0);
    view.answered(placeOf(endpoint("a")), { kind: "unreachable", reason: "late" });
    assert.deepEqual(kinds(), ["came a", "gone a"]);
  });

  test("on a terminal of any size no line is wider and there are no more of them", () => {
    const { view } = watched();
    const all = Array.from({ length: 40 }, (_, each) => endpoint("i".repeat(each + 1), { tags: { version: "1.2.3" } }));
    view.list("a.service.of.a.long.name.Orders", all, 0);
    view.answered(placeOf(all[3]!), {
      kind: "unreachable",
      reason: "it does not answer, for a reason that takes many words",
    });
    view.registry("etcd at http://10.0.0.1:2379 is away");
    for (const [columns, rows] of [
      [200, 60],
      [80, 24],
      [40, 10],
      [20, 6],
      [5, 4],
      [1, 1],
    ] as const) {
      const lines = drawn(view, 0, "etcd://10.0.0.1", columns, rows);
      assert.ok(lines.length <= rows, `${lines.length} lines of ${rows}`);
      for (const line of lines) assert.ok(line.length <= columns, `${columns}: ${line}`);
    }
    const wide = drawn(view, 0, "etcd://10.0.0.1", 160, 60).join("\n");
    assert.match(
      wide,
      /^etcd:\/\/10\.0\.0\.1: 40 instances, 1 unreachable\nthe registry cannot be read.*is away\nSERVICE/,
    );
    assert.match(drawn(view, 0, "x", 80, 24).at(-2)!, /^… and 21 more$/);
  });

  test("what a registry says cannot redraw the terminal", () => {
    const told: Happening[] = [];
    const view = new ClusterView((happening) => told.push(happening));
    view.list(
      "Orders\u001b[2J",
      [endpoint("a", { address: "tcp://x\u0007:1\r\n", tags: { version: "\u001b]0;title" } })],
      0,
    );
    view.answered(placeOf(view.rows(0)[0]!.endpoint), { kind: "unreachable", reason: "\u009b31mred\u202e" });
    const said = [
      ...drawn(view, 0, "x", 200, 20),
      ...told.flatMap((each) => [lineOf(each, new Date()), jsonOf(each, new Date())]),
    ];
    for (const line of said) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
  });
});
