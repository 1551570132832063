/** The door for users' own CDK apps. */

export { DroverStack } from "./drover-stack.ts";
export type { EnvironmentParts } from "./environment.ts";
export { environmentsIn } from "./environments.ts";
export type { DroverStackProps } from "./props.ts";
