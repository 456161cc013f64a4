import { bind, connect, createClient, currentCall, defineService, serve } from "@rpc/core";

interface Printer {
  print(document: string): Promise<string>;
}
interface Dialog {
  confirm(question: string): boolean;
}
const PrinterService = defineService<Printer>("Printer", { print: {} });
const DialogService = defineService<Dialog>("Dialog", { confirm: {} });

const server = await serve({
  services: [
    bind(PrinterService, {
      async print(document) {
        // The caller waits for this handler, and answers it meanwhile.
        const dialog = createClient(DialogService, currentCall().peer!.invoke);
        return (await dialog.confirm(`print ${document}?`)) ? "printed" : "dropped";
      },
    }),
  ],
  ambient: true, // so that handlers can read their call; createApp does it by itself
});
const client = connect({
  address: server.address,
  serve: [bind(DialogService, { confirm: (question) => question.endsWith("report?") })],
});
console.log(await client.client(PrinterService).print("report")); // printed
await client.close();
await server.close();
