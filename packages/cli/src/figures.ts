/** Returns a span in ms with three digits that say something: 0.042, 1.25, 17.3, 1250. */
export function ms(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(value >= 1 ? 2 : 3);
}
