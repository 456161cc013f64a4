import type { ServiceDescriptor } from "@rpc/core";
import { loadValidation } from "./class-validation.js";
import { createMappers, type Mappers } from "./mappers.js";
import { mappingsOf, type ServiceMappings } from "./method-mapping.js";
import { loadTransformer, type Transformer } from "./transformer.js";

/** What turns the arguments and answers of services into instances and back; undefined for a service that needs none of it. */
export interface Mappings {
  /** Throws `invalid_argument` where a class of a method cannot be used, or where the build tool removed what would name it. */
  atServer(service: ServiceDescriptor): ServiceMappings | undefined;
  /** Throws `invalid_argument` where a class of a method cannot be used. */
  atClient(service: ServiceDescriptor): ServiceMappings | undefined;
}

let mappers: Mappers | undefined;

/**
 * Loads class-transformer, and returns what is made with it; classes are compiled once for the process. `validate`: also
 * class-validator where it was used, so that arguments of its classes are checked.
 */
export async function createMappings(validate: boolean): Promise<Mappings> {
  const transformer: Transformer = await loadTransformer();
  const validation = validate ? await loadValidation() : undefined;
  mappers ??= createMappers(transformer);
  const all = mappers;
  return {
    atServer: (service) => mappingsOf(service, transformer, all, true, validation),
    atClient: (service) => mappingsOf(service, transformer, all, false, undefined),
  };
}
