/** Time that passes only from one event to the next. Whatever an event sets off is done before the next one. */
export class SimulatedClock {
  #now = 0;
  #order = 0;
  #events = [];

  now() {
    return this.#now;
  }

  after(ms, run) {
    return this.at(this.#now + ms, run);
  }

  at(time, run) {
    const event = { time, order: this.#order++, run };
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle].time < time) high = middle;
      else low = middle + 1;
    }
    while (low > 0 && this.#events[low - 1].time === time) low -= 1;
    this.#events.splice(low, 0, event);
    return {
      cancel: () => {
        event.run = () => {};
      },
    };
  }

  async run() {
    for (let event = this.#events.pop(); event !== undefined; event = this.#events.pop()) {
      this.#now = event.time;
      event.run();
      for (let turn = 0; turn < 4; turn++) await null;
    }
  }
}
