/** Standard Schema (zod, valibot, arktype, …) on the inputs and outputs of tasks. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { PolicyError, SchemaError } from "../core/errors.ts";

/** A schema of any library that speaks Standard Schema, such as zod, valibot or arktype: it takes an `Input` and makes an `Output` of it. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** Refuses what is no Standard Schema. */
export function checkSchema(schema: Schema | undefined, what: string): Schema | null {
  if (schema === undefined) return null;
  if (typeof schema["~standard"]?.validate === "function") return schema;
  throw new PolicyError({
    what,
    value: typeof schema,
    allowed: "a Standard Schema, such as one of zod, valibot or arktype",
    wayOut: "Pass the schema itself, and update the library it comes from if that is old.",
  });
}

/** The value as the schema gives it back. @throws SchemaError with all complaints. */
export async function validated(schema: Schema | null, value: unknown, what: string): Promise<unknown> {
  if (schema === null) return value;
  const result = await schema["~standard"].validate(value);
  if (result.issues !== undefined) throw new SchemaError({ what, issues: result.issues });
  return result.value;
}
