interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
}

/** Counts exchanges, so that a test waits for what it means instead of for a time. */
export class Traffic {
  #received = 0;
  #open = 0;
  #waiters: Waiter[] = [];

  begin(): void {
    this.#received += 1;
    this.#open += 1;
    this.#wake();
  }

  end(): void {
    this.#open -= 1;
    this.#wake();
  }

  received(count: number): Promise<void> {
    return this.#until(() => this.#received >= count);
  }

  idle(): Promise<void> {
    return this.#until(() => this.#open === 0);
  }

  clear(): void {
    this.#received = 0;
  }

  #until(isOver: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ isOver, resolve });
      this.#wake();
    });
  }

  #wake(): void {
    const over = this.#waiters.filter(({ isOver }) => isOver());
    this.#waiters = this.#waiters.filter((waiter) => !over.includes(waiter));
    for (const { resolve } of over) resolve();
  }
}
