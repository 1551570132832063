/**
 * The CDK app of this checkout: one DroverStack for the module of tasks that the context names.
 *
 *     npx cdk synth
 *     npx cdk deploy -c drover:module=src/jobs.ts -c drover:stack=prod
 */
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { buildAssets } from "./build.ts";
import { DroverStack } from "./drover-stack.ts";
import { environmentsIn } from "./environments.ts";

const app = new App();
const [module, stack] = ["drover:module", "drover:stack"].map((key) => String(app.node.getContext(key)));
if (module === undefined || stack === undefined) throw new Error("The context names no module and no stack.");
await buildAssets();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
new DroverStack(app, stack, { environments: await environmentsIn(module) });
app.synth();
