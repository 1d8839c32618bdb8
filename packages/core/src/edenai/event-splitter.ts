/** Where an event ends in a chunk. */
export interface EventEnd {
  /** The offset after its blank line. */
  readonly at: number;
  /** Only the LF of a CRLF whose CR ended the event in the chunk before. */
  readonly late: boolean;
}

/**
 * Finds the blank lines that end server-sent events, in chunks that are cut anywhere. Lines end with LF, CRLF or CR
 * (WHATWG HTML, "Parsing an event stream"); a CR at the end of a chunk ends the line at once, because the LF that may
 * follow can be long in coming.
 */
export class EventSplitter {
  /** The present line has no character yet. */
  #lineEmpty = true;
  /** The present event has no character yet. */
  #eventEmpty = true;
  /** The last chunk ended with a CR. */
  #afterCr = false;

  /** True for the usual chunk: one that starts with an event and ends with one. Then it needs no splitting. */
  endsWithEvent(chunk: string): boolean {
    return this.#eventEmpty && !this.#afterCr && (chunk.endsWith('\n\n') || chunk.endsWith('\r\n\r\n'));
  }

  /** The ends of the events in the next chunk, one character per byte. */
  ends(chunk: string): readonly EventEnd[] {
    if (chunk === '') return [];
    const ends: EventEnd[] = [];
    let line = 0;
    if (this.#afterCr && chunk.startsWith('\n')) {
      line = 1;
      if (this.#eventEmpty) ends.push({ at: 1, late: true });
    }
    this.#afterCr = false;
    let lf = chunk.indexOf('\n', line);
    let cr = chunk.indexOf('\r', line);
    while (lf !== -1 || cr !== -1) {
      const stop = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      const blank = stop === line && this.#lineEmpty;
      line = stop === cr && lf === cr + 1 ? stop + 2 : stop + 1;
      this.#afterCr = stop === cr && line === chunk.length && lf !== cr + 1;
      this.#lineEmpty = true;
      this.#eventEmpty = blank;
      if (blank) ends.push({ at: line, late: false });
      if (lf !== -1 && lf < line) lf = chunk.indexOf('\n', line);
      if (cr !== -1 && cr < line) cr = chunk.indexOf('\r', line);
    }
    if (line < chunk.length) this.#lineEmpty = this.#eventEmpty = false;
    return ends;
  }
}
