/**
 * Actions whose executors were lost again and again may be what those die of: in one replica, one of them runs at a time.
 * Those that were only beside it when it happened get their turn alone, and are not lost with it for ever.
 */
export class Suspects {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when those who came before have left; answers how to leave, which may be called again. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let leave: () => void = () => {};
    this.#last = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    return leave;
  }
}
