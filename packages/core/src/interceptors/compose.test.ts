import assert from "node:assert/strict";
import test from "node:test";
import { madeUpCall } from "../ambient/made-up-call.fixture.js";
import type { Interceptor } from "../contract/call.js";
import { compose } from "./compose.js";

test("the first interceptor of a list is the outermost, so that what it measures holds all the others", async () => {
  const seen: string[] = [];
  let made = 0;
  const named =
    (name: string): Interceptor =>
    (next) => {
      made++;
      return async (call) => {
        seen.push(`${name} begins`);
        const answer = await next(call);
        seen.push(`${name} ends`);
        return answer;
      };
    };
  const invoke = compose([named("first"), named("second")], async () => {
    seen.push("handler");
    return "answer";
  });
  assert.equal(await invoke(madeUpCall()), "answer");
  assert.deepEqual(seen, ["first begins", "second begins", "handler", "second ends", "first ends"]);
  await invoke(madeUpCall());
  assert.equal(made, 2);
});

test("with no interceptors calls go straight to what they wrap", () => {
  const invoke = async (): Promise<void> => {};
  assert.equal(compose([], invoke), invoke);
});
