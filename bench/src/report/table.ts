/** Returns the lines of a table: columns as wide as their widest text, the first to the left, the others to the right. Lines do not end in spaces. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((text, column) => {
      widths[column] = Math.max(widths[column] ?? 0, text.length);
    });
  }
  return rows.map((row) => {
    const texts = row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)));
    return `  ${texts.join("  ").trimEnd()}`;
  });
}
