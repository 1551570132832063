/**
 * Who may import whom. One rule per layer; the sentence in `comment` is what a developer reads on failure.
 * `scripts/check-layers.ts` runs these rules and also checks that every source file was seen: a cruise that
 * understands no TypeScript finds nothing wrong.
 */
const doors = "sdk/(index|local|aws|aws-host|host|testing)\\.ts$";
const ports = "sdk/ports\\.ts$";
const npm = ["npm", "npm-dev", "npm-peer", "npm-optional", "npm-no-pkg", "npm-unknown"];

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle hides the order in which things load. Move the shared part down.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "everything-resolves",
      comment: "This import leads nowhere. Is the file there, and the package in package.json?",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "core-is-pure",
      comment: "core decides; it does no I/O. Only node:crypto (hashing) may be used.",
      severity: "error",
      from: { path: "^sdk/core/" },
      to: { pathNot: "^(sdk/core/|(node:)?crypto$)" },
    },
    {
      name: "ports-know-core",
      comment: "ports.ts is types about core records, nothing else.",
      severity: "error",
      from: { path: `^${ports}` },
      to: { pathNot: "^sdk/core/" },
    },
    {
      name: "ports-are-types",
      comment: "ports.ts leaves nothing behind at run time: import from core with `import type`.",
      severity: "error",
      from: { path: `^${ports}` },
      to: { path: "^sdk/core/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "engine-sees-core-and-ports",
      comment: "The engine reaches the world only through the ports it is given.",
      severity: "error",
      from: { path: "^sdk/engine/" },
      to: { pathNot: `^(sdk/(core|engine)/|${ports}|(node:)?async_hooks$)` },
    },
    {
      name: "authoring-sees-engine",
      comment:
        "Authoring is typed sugar over the engine. The one package it may name is the Standard Schema types.",
      severity: "error",
      from: { path: "^sdk/authoring/" },
      to: {
        // url and util tell where a task is defined; they do no I/O.
        pathNot: `^(sdk/(core|engine|authoring)/|${ports}|node_modules/@standard-schema/spec/|(node:)?(url|util)$)`,
      },
    },
    {
      name: "backends-see-core-and-ports",
      comment: "A backend implements ports; it never calls the engine nor another backend.",
      severity: "error",
      from: { path: "^sdk/backends/([^/]+)/" },
      to: { path: "^sdk/", pathNot: `^(sdk/core/|sdk/backends/$1/|${ports})` },
    },
    {
      name: "embedded-needs-no-packages",
      comment: "The memory and local backends run with nothing but Node installed.",
      severity: "error",
      from: { path: "^sdk/backends/(memory|local)/" },
      to: { dependencyTypes: npm },
    },
    {
      name: "aws-clients-in-their-backend",
      comment:
        "Records, queues and blobs are reached through ports; only the backend knows what they are made of on AWS.",
      severity: "error",
      from: { path: "^sdk/", pathNot: "^sdk/backends/aws/" },
      to: { path: "node_modules/@aws-sdk/client-(dynamodb|sqs|s3)/" },
    },
    {
      name: "main-door-is-light",
      comment:
        "Importing the SDK must load no AWS client and no database; open other doors by a dynamic import.",
      severity: "error",
      from: { path: "^sdk/index\\.ts$" },
      to: { pathNot: "^sdk/((authoring|core)/|ports\\.ts$)", dynamic: false },
    },
    {
      name: "main-door-opens-doors",
      comment: "What the main door loads later is another door.",
      severity: "error",
      from: { path: "^sdk/index\\.ts$" },
      to: { pathNot: `^(sdk/(authoring|core)/|${doors})`, dynamic: true },
    },
    {
      name: "only-commands-know-commands",
      comment: "The command line is the outermost layer of the SDK.",
      severity: "error",
      from: { path: "^sdk/", pathNot: "^sdk/cli/" },
      to: { path: "^sdk/cli/" },
    },
    {
      name: "commands-use-doors",
      comment: "Commands come in by the same doors as users.",
      severity: "error",
      from: { path: "^sdk/cli/" },
      to: { path: "^sdk/", pathNot: `^(sdk/cli/|${doors})` },
    },
    {
      name: "hosts-use-doors",
      comment: "Hosts, the console and users come in by the same doors: sdk/*.ts.",
      severity: "error",
      from: { path: "^(functions|worker-image|console|examples)/" },
      to: { path: "^sdk/", pathNot: `^${doors}` },
    },
    {
      name: "hosts-stand-alone",
      comment:
        "Functions, the worker image, the console and the stacks are deployed apart; they share code through the SDK.",
      severity: "error",
      from: { path: "^(functions|worker-image|console|infra)/" },
      to: { path: "^(functions|worker-image|console|infra|examples|bench|scripts)/", pathNot: "^$1/" },
    },
    {
      name: "infra-shares-names-only",
      comment: "Stacks read environments through the doors and agree with the backend through names.ts.",
      severity: "error",
      from: { path: "^infra/" },
      to: { path: "^sdk/", pathNot: `^(${doors}|sdk/backends/aws/names\\.ts$)` },
    },
    {
      name: "sdk-stands-alone",
      comment: "The published package holds nothing but sdk/.",
      severity: "error",
      from: { path: "^sdk/" },
      to: { path: "^(functions|worker-image|console|infra|examples|bench|scripts)/" },
    },
    {
      name: "sdk-ships-its-packages",
      comment: "A user's installation has no development dependencies: move the package to `dependencies`.",
      severity: "error",
      from: { path: "^sdk/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm"] },
    },
    {
      name: "nobody-imports-tests",
      comment: "Tests are the top of the tree.",
      severity: "error",
      from: { pathNot: "^test/" },
      to: { path: "^test/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "node", "default"],
    },
  },
};
