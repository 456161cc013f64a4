/** Returns an argument as a number. Throws a TypeError that names the option where it is none, or below 0. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`--${option} ${text}: a whole number is wanted`);
  }
  return value;
}
