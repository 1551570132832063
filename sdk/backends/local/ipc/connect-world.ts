/** The replica's end: ports whose every method is answered by the host. */
import type { Duplex } from "node:stream";
import { fromErrorRecord } from "../../../core/error-record.ts";
import { StorageError } from "../../../core/errors.ts";
import type { Blobs, Queue, Store, StoreLimits } from "../../../ports.ts";
import { type BytesRef, errorRecord, type Take } from "./crossing.ts";
import { protocolError } from "./frame.ts";
import { Link } from "./link.ts";
import { messageKind, type ReplicaEvent } from "./messages.ts";
import { type Arguments, type MethodName, packArguments, type Result, unpackResult } from "./methods.ts";

/** Events are dropped, and counted, while more than this waits to be written. */
const bufferedBytesMax = 16 * 1024 * 1024;

export interface WorldConnection {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
  /** Tells the host that this replica can take work; its first receive does so too. */
  ready(): void;
  /**
   * Tells the host something in passing. Never waits and never throws: an event that is not JSON, or that comes
   * while the host does not read, is dropped; a `{ kind: "dropped", count }` says so later.
   */
  emit(event: ReplicaEvent): void;
  /**
   * Resolves when the host is gone, and never after `close`. Calls under way have been rejected then, and all later
   * ones will be.
   */
  readonly closed: Promise<void>;
  /** Ends the connection; resolves when all that was sent before, events too, is on its way. The process may exit then. */
  close(): Promise<void>;
}

/**
 * Connects to the host at the other end of the stream; resolves once it has said hello.
 *
 * A call that the host cannot answer, because it is gone, rejects with a StorageError that is not retryable.
 */
export async function connectWorld(stream: Duplex): Promise<WorldConnection> {
  const caller = new Caller(stream);
  const limits = await caller.limits;
  return {
    ...proxies(caller, limits),
    ready: () => caller.ready(),
    emit: (event) => caller.emit(event),
    closed: caller.closed,
    close: () => caller.close(),
  };
}

interface CallUnderWay {
  readonly method: MethodName;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

class Caller {
  readonly limits: Promise<StoreLimits>;
  readonly closed: Promise<void>;
  readonly #link: Link;
  readonly #welcomed = Promise.withResolvers<StoreLimits>();
  readonly #calls = new Map<number, CallUnderWay>();
  #lastId = 0;
  #isLeaving = false;
  #droppedEvents = 0;

  constructor(stream: Duplex) {
    this.limits = this.#welcomed.promise;
    this.#link = new Link(stream, {
      onMessage: (message, take) => this.#handle(message, take),
      pausesWhileFull: false,
    });
    this.closed = new Promise((resolve) => {
      void this.#link.closed.then((fault) => {
        this.#rejectAll(fault);
        if (!this.#isLeaving) resolve();
      });
    });
  }

  call<M extends MethodName>(method: M, args: Arguments<M>, signal?: AbortSignal): Promise<Result<M>> {
    if (!this.#link.isOpen) return Promise.reject(hostGone(method, null));
    this.#reportDropped();
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Result<M>>();
    try {
      this.#link.send((attach) => [messageKind.call, id, method, packArguments(method, args, attach)]);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#calls.set(id, { method, resolve, reject });
    return signal === undefined ? promise : this.#cancelOn(signal, id, promise);
  }

  ready(): void {
    if (this.#link.isOpen) this.#link.send(() => [messageKind.ready]);
  }

  emit(event: ReplicaEvent): void {
    if (!this.#link.isOpen) return;
    if (this.#link.bufferedBytes > bufferedBytesMax) {
      this.#droppedEvents++;
      return;
    }
    try {
      this.#link.send(() => [messageKind.event, event]);
    } catch {
      this.#droppedEvents++;
    }
    this.#reportDropped();
  }

  close(): Promise<void> {
    this.#isLeaving = true;
    return this.#link.end();
  }

  #reportDropped(): void {
    const count = this.#droppedEvents;
    if (count === 0) return;
    this.#droppedEvents = 0;
    this.#link.send(() => [messageKind.event, { kind: "dropped", count }]);
  }

  /**
   * The host ends the wait early and answers as ever. The call must not end before that answer: it may bring messages
   * that were handed over meanwhile, and nobody else would get them as long as this replica lives.
   */
  async #cancelOn<R>(signal: AbortSignal, id: number, answer: Promise<R>): Promise<R> {
    const cancel = () => {
      if (this.#link.isOpen) this.#link.send(() => [messageKind.cancel, id]);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
    try {
      return await answer;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  #handle([kind, first, second]: readonly unknown[], take: Take): void {
    if (kind === messageKind.welcome) {
      this.#welcomed.resolve(first as StoreLimits);
      return;
    }
    const call = this.#calls.get(first as number);
    if (call === undefined)
      throw protocolError(`an answer to call ${JSON.stringify(first)}, which nobody made`);
    this.#calls.delete(first as number);
    if (kind === messageKind.done) call.resolve(unpackResult(call.method, second, take) as never);
    else if (kind === messageKind.failed) call.reject(unpackFailure(second, take));
    else throw protocolError(`a message of kind ${JSON.stringify(kind)}`);
  }

  #rejectAll(fault: Error | null): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { method, reject } of calls) reject(hostGone(method, fault));
    this.#welcomed.reject(hostGone("connect", fault));
  }
}

function unpackFailure(packed: unknown, take: Take): unknown {
  return fromErrorRecord(errorRecord.unpack(packed as BytesRef, take));
}

function hostGone(method: string, fault: Error | null): StorageError {
  const cause = fault ?? new Error("the host process is gone");
  return new StorageError({ operation: `call ${method} on the host`, retryable: false, cause });
}

function proxies(caller: Caller, limits: StoreLimits): { store: Store; blobs: Blobs; queue: Queue } {
  const store: Store = {
    limits,
    createRun: (run) => caller.call("createRun", [run]),
    readRun: (name) => caller.call("readRun", [name]),
    putSpecs: (specs) => caller.call("putSpecs", [specs]),
    readSpec: (action) => caller.call("readSpec", [action]),
    listChildren: (parent) => caller.call("listChildren", [parent]),
    readStates: (actions) => caller.call("readStates", [actions]),
    writeState: (next, expected) => caller.call("writeState", [next, expected]),
    appendJournal: (batch) => caller.call("appendJournal", [batch]),
    readJournal: (action) => caller.call("readJournal", [action]),
    appendMailbox: (action, first, entries) => caller.call("appendMailbox", [action, first, entries]),
    mailboxEnd: (action) => caller.call("mailboxEnd", [action]),
    readMailbox: (action, after, waitMs, signal) =>
      caller.call("readMailbox", [action, after, waitMs], signal),
  };
  const blobs: Blobs = {
    put: (key, bytes) => caller.call("put", [key, bytes]),
    get: (key) => caller.call("get", [key]),
  };
  const queue: Queue = {
    send: (messages) => caller.call("send", [messages]),
    receive: (name, max, waitMs, signal) => caller.call("receive", [name, max, waitMs], signal),
    remove: (deliveries) => caller.call("remove", [deliveries]),
    release: (delivery, delayMs) => caller.call("release", [delivery, delayMs]),
  };
  return { store, blobs, queue };
}
