import { fileNameOf, labelOf } from "./names.js";
import { readTemplate } from "./template.js";

/** A service that is to be written. */
export interface NewService {
  readonly service: string;
  /** Of the project, without a scope. */
  readonly project: string;
  /** Whether its pods talk without encryption, and to anybody. */
  readonly insecure: boolean;
}

/** Returns the files of a service by their paths in the project: class, test and manifest. */
export function serviceFiles({ service, project, insecure }: NewService): Promise<Map<string, string>> {
  return readTemplate("service", {
    service,
    file: fileNameOf(service),
    label: labelOf(service),
    name: project,
    secure: !insecure,
    insecure,
  });
}
