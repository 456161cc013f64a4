/** Returns the value that 99 of 100 do not exceed; NaN where there are none. */
export function p99(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}
