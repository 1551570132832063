import type {
  ActionId,
  ActionSpec,
  ActionState,
  JournalBatch,
  MailboxEntry,
  RunRecord,
} from "../../core/records.ts";

/** All records, shared by the store, which writes them, and the catalog. None is ever handed out but as a copy. */
export class Tables {
  readonly runs = new Map<string, RunRecord>();
  readonly specs = new Map<ActionId, ActionSpec>();
  readonly states = new Map<ActionId, ActionState>();
  readonly actionsOfRun = new Index();
  readonly childrenOf = new Index();
  /** By action, then by epoch and index. */
  readonly journals = new Map<ActionId, Map<string, JournalBatch>>();
  readonly mailboxes = new Map<ActionId, MailboxEntry[]>();

  putSpec(spec: ActionSpec): void {
    this.specs.set(spec.id, spec);
    this.actionsOfRun.add(spec.run, spec.id);
    if (spec.parent !== null) this.childrenOf.add(spec.parent, spec.id);
  }

  /** The specs of these actions, each with its state: null while nobody has claimed it. */
  *specsOf(ids: Iterable<ActionId>): Generator<readonly [ActionSpec, ActionState | null]> {
    for (const id of ids) {
      const spec = this.specs.get(id);
      if (spec !== undefined) yield [spec, this.states.get(id) ?? null];
    }
  }
}

/** Which actions belong to a run or a parent. */
class Index {
  readonly #ids = new Map<string, Set<ActionId>>();

  add(key: string, id: ActionId): void {
    const ids = this.#ids.get(key);
    if (ids === undefined) this.#ids.set(key, new Set([id]));
    else ids.add(id);
  }

  of(key: string): Iterable<ActionId> {
    return this.#ids.get(key) ?? [];
  }
}
