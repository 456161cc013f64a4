#!/usr/bin/env node
// `npm create @rpc shop` is `rpc new shop`, without installing rpc first.
process.argv.splice(2, 0, "new");
await import("@rpc/cli/dist/main.js");

export {};
