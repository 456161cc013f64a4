/**
 * What went wrong, for people and dashboards: the numbers and names of gRPC's canonical status codes.
 * Source: google/rpc/code.proto.
 */
export const Code = {
  cancelled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
} as const;

export type CodeName = keyof typeof Code;

const names = new Map<number, CodeName>(Object.entries(Code).map(([name, number]) => [number, name as CodeName]));

/** Returns the code's name for a number from the wire; a number nobody knows is `unknown`. */
export function codeName(number: number): CodeName {
  return names.get(number) ?? "unknown";
}
