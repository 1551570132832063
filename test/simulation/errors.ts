/** Errors of simulated user code, with everything that has to survive the way between processes. */
import { NonRecoverableError } from "../../sdk/core/errors.ts";
import { type ErrorView, thrownView } from "./expected.ts";
import type { ThrownKind } from "./program.ts";

export class OrderError extends Error {
  readonly orderId: number;

  constructor(name: string, orderId: number, message = `${name} of ${orderId} failed`) {
    super(message, { cause: new TypeError(`why ${name}`) });
    this.orderId = orderId;
  }

  override get name(): string {
    return "OrderError";
  }
}

export function thrownError(thrown: ThrownKind, arg: number): unknown {
  if (thrown === "text") return thrownView(thrown, arg).message;
  if (thrown === "final") return new NonRecoverableError(`no use for ${arg}`);
  return new OrderError(String(arg), arg, `order ${arg} failed`);
}

/** What can be seen of a caught error, as plain data. */
export function caughtView(error: unknown): ErrorView {
  if (!(error instanceof Error)) return { name: "text", message: String(error) };
  const { name, message, cause } = error;
  const { orderId, limit, reason } = error as { orderId?: number; limit?: string; reason?: string };
  return {
    name,
    message,
    ...(orderId === undefined ? {} : { orderId }),
    ...(limit === undefined ? {} : { limit }),
    ...(reason === undefined ? {} : { reason }),
    ...(cause instanceof TypeError ? { cause: cause.message } : {}),
  };
}
