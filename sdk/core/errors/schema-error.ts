import { nameClasses } from "./drover-error.ts";
import { InputError } from "./input-errors.ts";

/** One complaint of a schema. */
export interface SchemaIssue {
  /** The complaint in the words of the schema's library. */
  readonly message: string;
  /** Where in the value: `items[3].price`; empty for the value itself. */
  readonly path: string;
}

/** An issue as Standard Schema has it: keys, or objects with a key. */
interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

const issuesShownMax = 5;

/**
 * A value does not satisfy the schema that its task declares. `issues` holds all complaints, the message the first 5.
 * Correct the value or the schema.
 */
export class SchemaError extends InputError {
  /** All complaints, in the order of the schema. */
  readonly issues: readonly SchemaIssue[];

  /** @param breach `what` names the value, as in `Input of task "score"`; `issues` are those that a Standard Schema returned. */
  constructor(breach: { readonly what: string; readonly issues: readonly StandardIssue[] }) {
    const issues = breach.issues.map(({ message, path = [] }) => ({ message, path: pathText(path) }));
    const lines = issues
      .slice(0, issuesShownMax)
      .map(({ message, path }) => (path === "" ? message : `${path}: ${message}`));
    if (issues.length > issuesShownMax) lines.push(`and ${issues.length - issuesShownMax} more`);
    const value = lines.join("; ");
    const details = {
      what: breach.what,
      value,
      allowed: "what its schema accepts",
      wayOut: "Correct the value, or the schema.",
    };
    super(
      "SCHEMA_MISMATCH",
      details,
      `${breach.what} does not match its schema: ${value}. ${details.wayOut}`,
    );
    this.issues = issues;
  }
}

function pathText(path: NonNullable<StandardIssue["path"]>): string {
  let text = "";
  for (const segment of path) {
    const key = typeof segment === "object" ? segment.key : segment;
    text += typeof key === "number" ? `[${key}]` : text === "" ? String(key) : `.${String(key)}`;
  }
  return text;
}

nameClasses({ SchemaError });
