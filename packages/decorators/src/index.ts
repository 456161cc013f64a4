import "reflect-metadata/lite";

export type { App, AppStats } from "./app/app.js";
export type { AppConnectOptions, AppOptions, AppServeOptions } from "./app/app-options.js";
export { createApp } from "./app/create-app.js";
export { services } from "./container/services-module.js";
export type { LogLevel } from "./logging/levels.js";
export { type WinstonLoggerOptions, winstonLogger } from "./logging/winston-logger.js";
export type { Class } from "./notes/class-ref.js";
export { type ArrayOf, arrayOf, type Dto } from "./notes/dto.js";
export { type ClientTarget, InjectClient } from "./notes/inject-client.js";
export { Method, type MethodDecoratorOf, type MethodNoteOptions } from "./notes/method.js";
export { Service, type ServiceNoteOptions } from "./notes/service.js";
export { scan } from "./scan/scan.js";
export type { NamedService, ServiceClassEntry, ServiceEntry } from "./service/service-entries.js";
export { serviceOf } from "./service/service-of.js";
