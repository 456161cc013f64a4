import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Histogram, RpcError, withOptions } from "@rpc/core";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { grounds } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { response } from "./raw/frames.js";

for (const make of grounds) {
  const ground = make();
  describe(`what both ends count, over ${ground.name}`, () => {
    test("calls by method, code and reason, and nothing is pending when they are over", async (t) => {
      const busy = new RpcError("unavailable", "made up", { reason: "MADE_UP" });
      const { server, address } = await serving(t, ground, {
        on: {
          nothing: () => {
            throw busy;
          },
        },
      });
      const { connector, probe } = calling(t, ground, address);
      for (let n = 0; n < 5; n++) await probe.add(1, n);
      await failed(probe.nothing());
      const [mine, theirs] = [connector.stats(), server.stats()];
      for (const { calls, methods } of [mine, theirs]) {
        assert.deepEqual([calls.calls, calls.ok, calls.failed, calls.pending], [6, 5, 1, 0]);
        assert.deepEqual([calls.codes, calls.reasons], [{ unavailable: 1 }, { MADE_UP: 1 }]);
        assert.deepEqual(Object.keys(methods).sort(), ["/Probe/add", "/Probe/nothing"]);
        assert.equal(methods["/Probe/add"]?.ok, 5);
        assert.equal(methods["/Probe/nothing"]?.failed, 1);
        assert.equal(calls.latency.count, 6);
      }
      assert.equal(theirs.running, 0);
    });

    test("bytes, reads and writes, which are the same at both ends", async (t) => {
      const { server, address } = await serving(t, ground);
      const { connector, probe } = calling(t, ground, address);
      assert.equal(await probe.echo("x".repeat(1_000)), "x".repeat(1_000));
      const [mine, theirs] = [connector.stats().total.traffic, server.stats().total.traffic];
      assert.equal(mine.writtenBytes, theirs.readBytes);
      assert.equal(theirs.writtenBytes, mine.readBytes);
      assert.ok(mine.readBytes > 1_000 && mine.writtenBytes > 1_000);
      for (const { reads, writes, writesPerCall } of [mine, theirs]) {
        assert.ok(reads >= 3 && writes >= 3);
        assert.equal(writesPerCall, writes);
      }
    });

    test("that calls made in one turn share a write", async (t) => {
      const waiting: (() => void)[] = [];
      const hang = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
      const { server, address } = await serving(t, ground, { on: { hang } });
      // A machine under load takes its time here: nobody is asked meanwhile whether they are still there.
      const never = { suspectAfterMs: Number.POSITIVE_INFINITY };
      const { connector, probe } = calling(t, ground, address, { keepAlive: never });
      await probe.nothing();
      connector.resetStats();
      const calls = Array.from({ length: 64 }, () => probe.hang());
      await until("all run", () => waiting.length === 64);
      assert.equal(connector.stats().total.traffic.writesPerCall, 1 / 64);
      // Handlers start for 5 ms a turn, so that only answers that are ready together are bound to leave together.
      const before = server.stats().total.traffic.writes;
      for (const release of waiting) release();
      await Promise.all(calls);
      assert.equal(server.stats().total.traffic.writes - before, 1);
    });

    test("connections, those that are closed included, and dials and accepts", async (t) => {
      const { server, address } = await serving(t, ground);
      const { connector, probe } = calling(t, ground, address);
      await probe.nothing();
      assert.equal(connector.stats().connectionsOpen, 1);
      assert.equal(server.stats().connections[0]?.role, "acceptor");
      assert.equal(connector.stats().connections[0]?.address, address);
      await connector.close();
      await until("the server has seen the end", () => server.connections === 0);
      for (const stats of [connector.stats(), server.stats()]) {
        assert.deepEqual([stats.connectionsOpen, stats.connectionsEver, stats.connections], [0, 1, []]);
        assert.equal(stats.calls.ok, 1);
        assert.equal(stats.total.unsentBytes, 0);
      }
      assert.deepEqual(connector.stats().dials, { attempts: 1, failed: 0, reasons: {} });
      assert.deepEqual(server.stats().accepts, { attempts: 1, failed: 0, reasons: {} });
    });

    test("dials that failed, by reason", async (t) => {
      const { server, address } = await serving(t, ground);
      await server.close();
      const { connector, probe } = calling(t, ground, address);
      const lost = failed(withOptions(probe, { timeoutMs: 200 }).nothing());
      await until("it was dialled", () => connector.stats().dials.failed > 0);
      assert.deepEqual(Object.keys(connector.stats().dials.reasons), ["CONNECT_FAILED"]);
      assert.equal(connector.stats().waiting, 1);
      assert.equal(connector.stats().calls.pending, 1);
      await lost;
      assert.deepEqual(connector.stats().calls.codes, { deadline_exceeded: 1 });
      assert.equal(connector.stats().waiting, 0);
    });

    test("connections turned away, and who does not speak the protocol", async (t) => {
      const { server, address } = await serving(t, ground, { connections: 1 });
      const stranger = await ground.transport.connect(address, new AbortController().signal);
      stranger.on("error", () => {});
      stranger.write("GET / HTTP/1.1\r\n\r\n");
      await until("the stranger was refused", () => server.connections === 0 && server.stats().accepts.failed === 1);
      await calling(t, ground, address).probe.nothing();
      const late = calling(t, ground, address);
      const refused = failed(withOptions(late.probe, { timeoutMs: 200 }).nothing());
      await until("the second was refused", () => server.stats().accepts.failed >= 2);
      const { reasons } = server.stats().accepts;
      assert.equal(reasons["BAD_PREFACE"], 1);
      assert.ok(reasons["TOO_MANY_CONNECTIONS"]! >= 1);
      stranger.destroy();
      await refused;
    });

    test("a call that is cancelled as failed, at both ends, though its handler runs on", async (t) => {
      const { server, address } = await serving(t, ground);
      const { connector, probe } = calling(t, ground, address);
      const controller = new AbortController();
      const cancelled = failed(withOptions(probe, { signal: controller.signal }).hang());
      await until("it runs", () => server.stats().running === 1);
      assert.equal(server.stats().calls.pending, 1);
      controller.abort();
      await cancelled;
      assert.deepEqual(connector.stats().calls.reasons, { CANCELLED: 1 });
      await connector.close();
      await until("the connection is closed", () => server.connections === 0);
      const { calls, running } = server.stats();
      assert.deepEqual([calls.failed, calls.pending, running], [1, 0, 1]);
    });

    test("retries, and each attempt at the connection", async (t) => {
      let asked = 0;
      const { server, address } = await serving(t, ground, {
        admissions: [
          () =>
            asked++ === 0 ? new RpcError("unavailable", "made up", { reason: "BUSY", processed: "no" }) : undefined,
        ],
      });
      const { connector, probe } = calling(t, ground, address);
      await probe.nothing();
      const { calls, total } = connector.stats();
      assert.deepEqual([calls.calls, calls.ok, calls.retries], [1, 1, 1]);
      assert.deepEqual([total.made.calls, total.made.ok, total.made.reasons], [2, 1, { BUSY: 1 }]);
      const served = server.stats().calls;
      assert.deepEqual([served.calls, served.ok, served.failed, served.retries], [2, 1, 1, 1]);
    });

    test("a snapshot that is plain JSON, whose histograms can be added up elsewhere", async (t) => {
      const { server, address } = await serving(t, ground);
      const { connector, probe } = calling(t, ground, address);
      await Promise.all([probe.nothing(), probe.nothing()]);
      for (const stats of [connector.stats(), server.stats()]) {
        assert.deepEqual(JSON.parse(JSON.stringify(stats)), stats);
        const sum = new Histogram();
        for (let n = 0; n < 2; n++) sum.merge(Histogram.fromJSON(stats.calls.latency));
        assert.equal(sum.count, 4);
      }
    });

    test("a reset begins anew, and forgets neither a pending call nor an open connection", async (t) => {
      const { server, address } = await serving(t, ground);
      const { connector, probe } = calling(t, ground, address);
      await probe.nothing();
      const hanging = failed(withOptions(probe, { timeoutMs: 300 }).hang());
      await until("it runs", () => server.stats().running === 1);
      connector.resetStats();
      server.resetStats();
      for (const { calls, connectionsOpen, connectionsEver, total } of [connector.stats(), server.stats()]) {
        assert.deepEqual([calls.calls, calls.pending, calls.latency.count], [1, 1, 0]);
        assert.deepEqual([connectionsOpen, connectionsEver], [1, 1]);
        assert.deepEqual([total.traffic.reads, total.traffic.writtenBytes], [0, 0]);
      }
      await hanging;
      assert.deepEqual([connector.stats().calls.failed, connector.stats().calls.pending], [1, 0]);
    });

    test("answers that nobody waits for any more", async (t) => {
      const { connector, probe, peer } = await meeting(t, ground);
      const late = failed(withOptions(probe, { timeoutMs: 20 }).nothing());
      await peer.expect("request", { id: firstId });
      await late;
      peer.send(response(firstId));
      await until("it came", () => connector.stats().total.lateAnswers === 1);
      assert.equal(connector.stats().total.made.pending, 0);
      assert.equal(connector.stats().total.made.latency.count, 1);
    });
  });
}
