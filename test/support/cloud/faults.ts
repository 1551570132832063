/** Answers of AWS that the stand-ins never give, put into the clients themselves. */
import type { AwsClients } from "../../../sdk/backends/aws/backend.ts";

/** What one sort of request is turned into. */
export type Fault = (
  input: Record<string, unknown>,
  send: (input: Record<string, unknown>) => Promise<Record<string, unknown>>,
) => Promise<Record<string, unknown>>;

/** From now on each request of that name, as in `PutItemCommand`, goes through the fault. */
export function disturb(client: AwsClients[keyof AwsClients], commandName: string, fault: Fault): void {
  // The three clients' stacks differ in the types of their requests only, of which nothing is known here.
  const stack = client.middlewareStack as unknown as MiddlewareStack;
  stack.add(
    (next, context) => async (args) => {
      if (context.commandName !== commandName) return await next(args);
      let answer: Answer = { output: {} };
      const output = await fault(args.input, async (input) => {
        answer = await next({ ...args, input });
        return answer.output;
      });
      return { ...answer, output };
    },
    { step: "initialize" },
  );
}

interface Answer {
  readonly output: Record<string, unknown>;
}

interface MiddlewareStack {
  add(
    middleware: (
      next: (args: { readonly input: Record<string, unknown> }) => Promise<Answer>,
      context: { readonly commandName?: string },
    ) => (args: { readonly input: Record<string, unknown> }) => Promise<Answer>,
    options: { readonly step: "initialize" },
  ): void;
}
