import type { LocalLogLine } from "../local.ts";
import { logText } from "./log-line.ts";

type TaskOf = (line: LocalLogLine) => Promise<string | null>;

const tasksKnownMax = 10_000;

/** Prints what tasks write, in the order in which it came, each line with its task's name. */
export class LogPrinter {
  readonly #print: (text: string) => void;
  readonly #taskOf: TaskOf;
  readonly #tasks = new Map<string, string | null>();
  #last: Promise<void> = Promise.resolve();

  /** @param taskOf Looks up the name of the task of a line's action. */
  constructor(print: (text: string) => void, taskOf: TaskOf) {
    this.#print = print;
    this.#taskOf = taskOf;
  }

  add(line: LocalLogLine): void {
    this.#last = this.#last.then(async () => {
      this.#print(logText(line, await this.#task(line), process.stderr));
    });
  }

  /** Resolves when all lines so far are printed. */
  printed(): Promise<void> {
    return this.#last;
  }

  /** A line is worth more than its prefix: where the name cannot be found out, the id has to do. */
  async #task(line: LocalLogLine): Promise<string | null> {
    if (line.action === null || line.action === "a0") return null;
    const key = `${line.run}/${line.action}`;
    const known = this.#tasks.get(key);
    if (known !== undefined) return known;
    const task = await this.#taskOf(line).catch(() => null);
    if (this.#tasks.size >= tasksKnownMax) this.#tasks.clear();
    this.#tasks.set(key, task);
    return task;
  }
}
