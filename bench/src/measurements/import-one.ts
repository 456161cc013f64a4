/* The program of `measureImport`: imports the one module it is given, and ends. */
const [module] = process.argv.slice(2);
if (module === undefined) throw new Error("Say what to import.");
await import(module);
