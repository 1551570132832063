/**
 * The methods of a world that a replica calls on its host, and how their arguments and results cross. A method that
 * is missing here, or whose signature has changed, does not compile.
 */
import type { Blobs, Queue, Store } from "../../../ports.ts";
import { type Attach, byteString, type Crossing, listOf, nullable, plain, type Take } from "./crossing.ts";
import { protocolError } from "./frame.ts";
import {
  childRecord,
  createdRun,
  delivery,
  journalBatch,
  mailboxEntry,
  outgoing,
  returnedDelivery,
  run,
  spec,
  state,
  writeStateResult,
} from "./record-crossings.ts";

/** The ports of a host that a replica reaches. */
export interface HostPorts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
}

type Methods<P extends keyof HostPorts> = {
  readonly [M in keyof HostPorts[P] as HostPorts[P][M] extends (...args: never[]) => unknown
    ? M
    : never]: HostPorts[P][M];
};
type AllMethods = Methods<"store"> & Methods<"blobs"> & Methods<"queue">;

export type MethodName = keyof AllMethods & string;
/** Arguments of a method, without the signal: that crosses as a message of its own. */
export type Arguments<M extends MethodName> = WithoutSignal<Parameters<AllMethods[M]>>;
export type Result<M extends MethodName> = Awaited<ReturnType<AllMethods[M]>>;

type WithoutSignal<A extends readonly unknown[]> =
  Required<A> extends readonly [...infer Rest, AbortSignal] ? Rest : A;

/** One crossing for each argument, in order. */
type ArgumentCrossings<A extends readonly unknown[]> = { readonly [I in keyof A]: Crossing<A[I]> };

type PortOf<M extends MethodName> = {
  [P in keyof HostPorts]: M extends keyof HostPorts[P] ? P : never;
}[keyof HostPorts];

interface Method<M extends MethodName> {
  readonly port: PortOf<M>;
  readonly args: ArgumentCrossings<Arguments<M>>;
  readonly result: Crossing<Result<M>>;
}

const text = plain<string>();
const number = plain<number>();
const nothing: Crossing<void> = { pack: () => undefined, unpack: () => undefined };
const flag = plain<boolean>();

const methods: { readonly [M in MethodName]: Method<M> } = {
  createRun: { port: "store", args: [run], result: createdRun },
  readRun: { port: "store", args: [text], result: nullable(run) },
  putSpecs: { port: "store", args: [listOf(spec)], result: nothing },
  readSpec: { port: "store", args: [text], result: nullable(spec) },
  listChildren: { port: "store", args: [text], result: listOf(childRecord) },
  readStates: { port: "store", args: [plain<readonly string[]>()], result: listOf(nullable(state)) },
  writeState: { port: "store", args: [state, plain<number | null>()], result: writeStateResult },
  appendJournal: { port: "store", args: [journalBatch], result: flag },
  readJournal: { port: "store", args: [text], result: listOf(journalBatch) },
  appendMailbox: { port: "store", args: [text, number, listOf(mailboxEntry)], result: flag },
  mailboxEnd: { port: "store", args: [text], result: number },
  readMailbox: { port: "store", args: [text, number, number], result: listOf(mailboxEntry) },
  put: { port: "blobs", args: [text, byteString], result: nothing },
  get: { port: "blobs", args: [text], result: nullable(byteString) },
  send: { port: "queue", args: [listOf(outgoing)], result: nothing },
  receive: { port: "queue", args: [text, number, number], result: listOf(delivery) },
  remove: { port: "queue", args: [listOf(returnedDelivery)], result: nothing },
  release: { port: "queue", args: [returnedDelivery, number], result: nothing },
};

export function isMethodName(name: unknown): name is MethodName {
  return typeof name === "string" && Object.hasOwn(methods, name);
}

/** What the table holds for a name that is only known at run time. */
interface AnyMethod {
  readonly port: keyof HostPorts;
  readonly args: readonly AnyCrossing[];
  readonly result: AnyCrossing;
}

interface AnyCrossing {
  pack(value: unknown, attach: Attach): unknown;
  unpack(packed: unknown, take: Take): unknown;
}

const anyMethods = methods as unknown as Readonly<Record<MethodName, AnyMethod>>;

export function packArguments<M extends MethodName>(name: M, args: Arguments<M>, attach: Attach): unknown[] {
  const crossings = anyMethods[name].args;
  return (args as readonly unknown[]).map((arg, index) => crossings[index]?.pack(arg, attach));
}

/** @throws DroverError with code IPC_PROTOCOL if they are not what `packArguments` makes. */
export function unpackArguments(name: MethodName, packed: unknown, take: Take): unknown[] {
  const crossings = anyMethods[name].args;
  if (!Array.isArray(packed) || packed.length !== crossings.length) {
    throw protocolError(`a call of ${name} without its ${crossings.length} arguments`);
  }
  try {
    return crossings.map((crossing, index) => crossing.unpack(packed[index], take));
  } catch (cause) {
    throw protocolError(`a call of ${name} with arguments that cannot be read`, cause);
  }
}

export function packResult(name: MethodName, result: unknown, attach: Attach): unknown {
  return anyMethods[name].result.pack(result, attach);
}

export function unpackResult<M extends MethodName>(name: M, packed: unknown, take: Take): Result<M> {
  return anyMethods[name].result.unpack(packed, take) as Result<M>;
}

/** Calls the method on its port. */
export async function callMethod(
  ports: HostPorts,
  name: MethodName,
  args: readonly unknown[],
): Promise<unknown> {
  const port = ports[anyMethods[name].port] as unknown as Record<
    MethodName,
    (...args: readonly unknown[]) => Promise<unknown>
  >;
  return port[name](...args);
}
