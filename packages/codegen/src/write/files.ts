import { hashesOf } from "@rpc/schema";
import type { ServiceModel } from "../model.js";
import type { GeneratedService } from "../options.js";
import type { Refusal } from "../refusal.js";
import { clientFile } from "./client-file.js";
import { contractOf } from "./contract-of.js";

/** Files of one folder, by name. */
export interface Written {
  readonly services: readonly GeneratedService[];
  readonly files: Readonly<Record<string, string>>;
  readonly refusals: readonly Refusal[];
}

/** Returns a client for each service, and the contract of all. Two that would be one file are refused. */
export function filesOf(found: readonly ServiceModel[], folder: string): Written {
  const services = [...found].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const refusals: Refusal[] = [];
  const taken = new Map<string, ServiceModel>();
  const files: Record<string, string> = {};
  const written: GeneratedService[] = [];
  const contract = contractOf(services);
  const hashes = hashesOf(contract);
  for (const service of services) {
    const { name, interfaceName, descriptorName, source, line } = service;
    const file = fileName(name);
    const other = taken.get(file);
    if (other !== undefined) refusals.push(twice(service, other, file));
    taken.set(file, service);
    files[file] = clientFile(service, hashes[name] ?? {});
    written.push({ name, interfaceName, descriptorName, source, line, file: `${folder}/${file}` });
  }
  files["contract.json"] = `${JSON.stringify(contract, null, 2)}\n`;
  return { services: written, files, refusals };
}

/** `ShopOrders` and `shop.orders` are both `shop-orders.client.ts`. */
function fileName(service: string): string {
  const words = service.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/[^A-Za-z0-9]+/g, "-");
  return `${words.replace(/^-|-$/g, "").toLowerCase() || "service"}.client.ts`;
}

function twice(service: ServiceModel, other: ServiceModel, file: string): Refusal {
  const place = { file: service.source, line: service.line, column: 1 };
  const first = `${other.interfaceName} (${other.source}:${other.line})`;
  return service.name === other.name
    ? {
        ...place,
        reason: `two services are called "${service.name}", ${first} and ${service.interfaceName}`,
        fix: 'give one of them another name, @Service("OtherName")',
      }
    : {
        ...place,
        reason: `"${service.name}" would be written to ${file}, as "${other.name}" of ${first}`,
        fix: "give them names that differ in more than case and signs",
      };
}
