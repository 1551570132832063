/** The functions of a stack: each is bundled from `functions/<name>.ts`, which exports `handler`. */
export const functionNames = [
  "prepare",
  "drive",
  "park",
  "finish",
  "abort",
  "notify",
  "timers",
  "scale",
  "dead-letter",
  "launch",
] as const;

export type FunctionName = (typeof functionNames)[number];
