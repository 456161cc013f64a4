import { type Explanation, withOptions } from "@rpc/core";

/** Makes a client whose calls say what they did, a line for each attempt. */
export function explained<C extends object>(client: C, say: (line: string) => void): C {
  const explain = ({ path, outcome, attempts, budgetLeft }: Explanation): void => {
    for (const { number, endpoint, outcome, candidates } of attempts) {
      const seen = candidates.map(({ address, state, score }) => `${address} ${state} ${score ?? ""}`.trim());
      say(`${path}, attempt ${number}: ${endpoint ?? "nowhere"}, ${outcome}; of ${seen.join(", ")}`);
    }
    say(`${path}: ${outcome}, ${budgetLeft} retries left`);
  };
  return withOptions(client, { explain });
}
