/** The host's end: answers the calls of one replica out of the host's own ports. */
import type { Duplex } from "node:stream";
import { toErrorRecord } from "../../../core/error-record.ts";
import type { DroverError } from "../../../core/errors.ts";
import type { StoreLimits } from "../../../ports.ts";
import { type Attach, errorRecord, type Take } from "./crossing.ts";
import { protocolError } from "./frame.ts";
import { Link } from "./link.ts";
import { messageKind, type ReplicaEvent } from "./messages.ts";
import { callMethod, type HostPorts, isMethodName, packResult, unpackArguments } from "./methods.ts";

export interface ServeOptions {
  /** Called once, when the replica can take work: at its first receive, or when it says so. */
  readonly onReady?: () => void;
  readonly onEvent?: (event: ReplicaEvent) => void;
}

export interface ServedWorld {
  /**
   * Resolves when the replica is gone and no call of its is under way in the ports any more: with what it did wrong, or
   * null where it just ended.
   */
  readonly closed: Promise<DroverError | null>;
  /** Ends the connection at once, and its long polls with it. */
  close(): void;
}

/**
 * Serves the ports to the replica at the other end of the stream, until either end closes it. All calls that came in
 * one frame are made in the same turn, so that a group commit sees them together.
 */
export function serveWorld(stream: Duplex, ports: HostPorts, options: ServeOptions = {}): ServedWorld {
  const server = new WorldServer(stream, ports, options);
  return { closed: server.closed, close: () => server.close() };
}

class WorldServer {
  readonly closed: Promise<DroverError | null>;
  readonly #ports: HostPorts;
  readonly #options: ServeOptions;
  readonly #link: Link;
  /** Waits of the replica that can be ended early, by the id of the call. */
  readonly #waits = new Map<number, AbortController>();
  readonly #lastCallEnded = Promise.withResolvers<void>();
  #callsUnderWay = 0;
  #isReady = false;

  constructor(stream: Duplex, ports: HostPorts, options: ServeOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#link = new Link(stream, {
      onMessage: (message, take) => this.#handle(message, take),
      pausesWhileFull: true,
      isPrompt: true,
    });
    this.#link.send(() => [messageKind.welcome, finite(ports.store.limits)]);
    this.closed = this.#link.closed.then((fault) => this.#settle(fault));
  }

  close(): void {
    this.#link.destroy();
  }

  async #settle(fault: DroverError | null): Promise<DroverError | null> {
    for (const wait of this.#waits.values()) wait.abort();
    if (this.#callsUnderWay > 0) await this.#lastCallEnded.promise;
    return fault;
  }

  #handle([kind, first, second, third]: readonly unknown[], take: Take): void {
    if (kind === messageKind.call) this.#call(first, second, third, take);
    else if (kind === messageKind.cancel) this.#waits.get(first as number)?.abort();
    else if (kind === messageKind.event) this.#options.onEvent?.(first as ReplicaEvent);
    else if (kind === messageKind.ready) this.#becomeReady();
    else throw protocolError(`a message of kind ${JSON.stringify(kind)}`);
  }

  #becomeReady(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#options.onReady?.();
  }

  #call(id: unknown, name: unknown, packedArgs: unknown, take: Take): void {
    if (typeof id !== "number" || !isMethodName(name)) {
      throw protocolError(`a call ${JSON.stringify(id)} of ${JSON.stringify(name)}`);
    }
    const args = unpackArguments(name, packedArgs, take);
    if (name === "receive") this.#becomeReady();
    if (name === "receive" || name === "readMailbox") {
      const wait = new AbortController();
      this.#waits.set(id, wait);
      args.push(wait.signal);
    }
    this.#callsUnderWay++;
    callMethod(this.#ports, name, args).then(
      (result) => this.#answer(id, (attach) => [messageKind.done, id, packResult(name, result, attach)]),
      (error: unknown) => this.#answer(id, (attach) => failure(id, error, attach)),
    );
  }

  #answer(id: number, make: (attach: Attach) => readonly unknown[]): void {
    this.#callsUnderWay--;
    this.#waits.delete(id);
    if (this.#link.isOpen) this.#sendAnswer(id, make);
    else if (this.#callsUnderWay === 0) this.#lastCallEnded.resolve();
  }

  #sendAnswer(id: number, make: (attach: Attach) => readonly unknown[]): void {
    try {
      this.#link.send(make);
    } catch (error) {
      this.#link.send((attach) => failure(id, error, attach));
    }
  }
}

function failure(id: number, error: unknown, attach: Attach): readonly unknown[] {
  return [messageKind.failed, id, errorRecord.pack(toErrorRecord(error), attach)];
}

/** JSON knows no infinity. */
function finite(limits: StoreLimits): StoreLimits {
  const pairs = Object.entries(limits).map(([name, limit]) => [
    name,
    typeof limit === "number" ? Math.min(limit, Number.MAX_SAFE_INTEGER) : limit,
  ]);
  return Object.fromEntries(pairs) as StoreLimits;
}
