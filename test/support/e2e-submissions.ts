/** Watches that no document is submitted again once its submission is recorded. */
import type { DocumentsPlace } from "./e2e-documents.ts";

export class SubmissionWatch {
  readonly #place: DocumentsPlace;
  /** Calls that the service had counted for a document when its submission was first seen to be recorded. */
  readonly #callsThen = new Map<string, number>();

  constructor(place: DocumentsPlace) {
    this.#place = place;
  }

  /** Looks at what is recorded, and then at the service's books: what they show later and not now was sent too often. */
  async look(): Promise<void> {
    const recorded = await this.#place.recorded();
    const { documents } = this.#place.service.counts();
    for (const path of recorded) {
      if (!this.#callsThen.has(path)) this.#callsThen.set(path, documents[path]?.calls ?? 0);
    }
  }

  get recordedCount(): number {
    return this.#callsThen.size;
  }

  /** Documents that were sent after they were recorded. */
  sentAgain(): readonly string[] {
    const { documents } = this.#place.service.counts();
    return [...this.#callsThen]
      .filter(([path, calls]) => documents[path]?.calls !== calls)
      .map(([path]) => path);
  }
}
